//! Statements that read what failed: the counterpart of the engine's `failure`.

use crate::jsonata::{
    Expression, Regex, Statement, all, bind, call, exists, function, is, item, list, not, object,
    regex, var,
};
use exitwise_engine::failure::{INJECTED_CONTAINER_PREFIX, MAX_TEXT_CHARS, NameFact};

/// The text that a Cause must start with to be an object. `$parse` also reads texts in single quotes,
/// which are not JSON.
const OBJECT_START: &str = r"^[\x09\x0a\x0d ]*\x7b[\x09\x0a\x0d ]*[\x22\x7d]";

/// Two backslashes, which are an escaped one.
const ESCAPED_BACKSLASH: &str = r"\x5c\x5c";

/// An escaped character beyond the 16-bit ones.
const SURROGATE_PAIR: &str = r"\x5cu[dD][89abAB][0-9a-fA-F]{2}\x5cu[dD][c-fC-F][0-9a-fA-F]{2}";

/// The start of an escaped half of such a character.
const SURROGATE: &str = r"\x5cu[dD][89a-fA-F]";

/// The last time that is read, in milliseconds since 1970; the engine has the same.
const MAX_TIME: u64 = (1 << 53) - 1;

/// Returns whether a text starts with another one; false if it is undefined. `$substring` would not do:
/// it fails in some engines where a text has characters beyond the 16-bit ones.
pub(super) fn starts_with(value: Expression, start: &str) -> Expression {
    let start = Expression::Regex(Regex::starting_with(start));
    call("contains", [value, start]).eq(true)
}

/// Returns the name of the variable with this fact.
pub(super) const fn variable_of(fact: NameFact) -> &'static str {
    match fact {
        NameFact::StopCode => "stopCode",
        NameFact::LaunchType => "launchType",
        NameFact::CapacityProvider => "capacityProvider",
        // Each fact needs its own variable; a test compares all of them with the engine.
        _ => "otherFact",
    }
}

/// Appends the statements that read `$taskError`. They set the [variables](variable_of) of the name
/// facts and these:
///
/// | variable | value |
/// |---|---|
/// | `error` | the error name |
/// | `isPlain` | whether the whole Cause is plain text |
/// | `plain` | the text that stands for the whole Cause |
/// | `stopped` | the stopped reason |
/// | `placement` | the reasons and details of refused placements |
/// | `containers` | a list of `{name, injected, code, bits, reason, any}` |
/// | `ranFor` | milliseconds from the start to the end, if a rule needs it |
pub(super) fn read_failure(reads_run_time: bool, statements: &mut Vec<Statement>) {
    statements.extend(readers());
    let parsed = |text: &'static str, level: u32| {
        let can_parse = call("canParse", [var(text), level.into()]);
        can_parse.then(call("parse", [var(text)]))
    };
    let shape = |name| call("shapeOf", [var(name)]);
    statements.extend([
        bind("error", call("textOf", [var("taskError").field("Error")])),
        bind("cause", call("textOf", [var("taskError").field("Cause")])),
        bind(
            "asObject",
            call("objectOf", [var("taskError").field("Cause")]),
        ),
        bind("outer", var("asObject").or_else(parsed("cause", 1))),
        bind("isChild", shape("outer").eq("child")),
        bind(
            "inner",
            var("isChild").then(call("textOf", [var("outer").field("Cause")])),
        ),
        bind(
            "object",
            var("isChild").choose(parsed("inner", 2), var("outer")),
        ),
        bind("shape", shape("object")),
        bind("task", var("shape").eq("task").then(var("object"))),
        bind("job", var("shape").eq("job").then(var("object"))),
        bind(
            "isPlain",
            not(var("isChild"))
                .and(not(exists(var("outer"))))
                .and(exists(var("cause"))),
        ),
        bind(
            "plain",
            call(
                "project",
                [exists(var("object")).choose(
                    var("shape")
                        .eq("lambda")
                        .then(var("object").field("errorMessage")),
                    var("isChild").choose(var("inner"), var("cause")),
                )],
            ),
        ),
    ]);
    for fact in NameFact::ALL {
        let value = var("task").field(fact.cause_key());
        statements.push(bind(variable_of(fact), call("textOf", [value])));
    }
    statements.extend(job_statements());
    let stopped = exists(var("job")).choose(
        first_text("job", "attempt", "StatusReason"),
        var("task").field("StoppedReason"),
    );
    statements.push(bind("stopped", call("project", [stopped])));
    statements.extend(placement());
    let containers = list([containers_of(var("task"))]);
    let containers = exists(var("job")).choose(var("jobContainers"), containers);
    statements.push(bind("containers", containers));
    if reads_run_time {
        let time = |of: &str, name| call("timeOf", [var(of).field(name)]);
        let time = |name| exists(var("job")).choose(time("job", name), time("task", name));
        statements.push(bind("ran", time("StoppedAt").minus(time("StartedAt"))));
        statements.push(bind("ranFor", var("ran").ge(0_u32).then(var("ran"))));
    }
}

/// Functions that take a value of any type, and return undefined for those of the wrong one.
fn readers() -> Vec<Statement> {
    let value = || var("value");
    let of_type =
        |type_name, then: Expression| function(["value"], is(value(), type_name).then(then));
    let replaced =
        |text: Expression, old, new: &str| call("replace", [text, regex(old), new.into()]);
    let unpaired = replaced(replaced(value(), ESCAPED_BACKSLASH, ""), SURROGATE_PAIR, "");
    let can_parse = all(vec![
        var("jsonLevels").ge(var("level")),
        call("contains", [value(), regex(OBJECT_START)]),
        not(call("contains", [unpaired, regex(SURROGATE)])),
    ]);
    // Some engines tell -0.0 from 0.
    let is_whole = || value().minus(call("floor", [value()])).eq(0_u32);
    let texts = |names: [&'static str; 2]| {
        let [one, other] = names.map(|name| is(var("object").field(name), "string"));
        one.and(other)
    };
    let projected = call(
        "substring",
        [
            replaced(value(), r"[^\x00-\x7f]+", "?"),
            0_u32.into(),
            max_chars().into(),
        ],
    );
    vec![
        bind("textOf", of_type("string", value())),
        bind(
            "trimmed",
            function(["value"], replaced(value(), r"[\x0a\x0d]+$", "")),
        ),
        bind("objectOf", of_type("object", value())),
        bind(
            "objects",
            of_type("array", value().filter(is(item(), "object"))),
        ),
        bind("project", of_type("string", call("trimmed", [projected]))),
        bind(
            "codeOf",
            of_type(
                "number",
                all(vec![
                    is_whole(),
                    value().plus(1_u64 << 31).ge(0_u32),
                    value().lt(1_u64 << 32),
                ])
                .then(value().plus(0_u32)),
            ),
        ),
        bind(
            "timeOf",
            of_type(
                "number",
                all(vec![is_whole(), value().ge(0_u32), value().le(MAX_TIME)]).then(value()),
            ),
        ),
        bind("canParse", function(["value", "level"], can_parse)),
        bind(
            "shapeOf",
            function(
                ["object"],
                texts(["JobId", "JobQueue"]).choose(
                    "job",
                    texts(["ExecutionArn", "Status"]).choose(
                        "child",
                        texts(["errorMessage", "errorType"]).choose("lambda", "task"),
                    ),
                ),
            ),
        ),
        bind(
            "container",
            function(
                ["from"],
                Expression::Block(
                    vec![
                        bind("name", call("textOf", [var("from").field("Name")])),
                        bind("code", call("codeOf", [var("from").field("ExitCode")])),
                    ],
                    object([
                        ("name", var("name").or_else(Expression::Null)),
                        (
                            "injected",
                            starts_with(var("name"), INJECTED_CONTAINER_PREFIX),
                        ),
                        ("code", var("code")),
                        (
                            "bits",
                            var("code")
                                .lt(0_u32)
                                .choose(var("code").plus(1_u64 << 32), var("code")),
                        ),
                        ("reason", call("project", [var("from").field("Reason")])),
                    ])
                    .into(),
                ),
            ),
        ),
    ]
}

fn max_chars() -> u32 {
    u32::try_from(MAX_TEXT_CHARS).unwrap_or(u32::MAX)
}

/// Returns the first of two members with this name that is a text.
fn first_text(first: &str, second: &str, name: &'static str) -> Expression {
    let text = |of| call("textOf", [var(of).field(name)]);
    text(first).or_else(text(second))
}

/// Returns the containers that a task or a group of a job lists.
fn containers_of(group: Expression) -> Expression {
    let listed = call("objects", [group.field("Containers")]);
    call("map", [listed, var("container")])
}

/// Statements that set `placement` to the `Reason` and the `Detail` of each entry of `Failures`: each
/// text once, and all together not longer than one text.
fn placement() -> [Statement; 3] {
    let text = |name| call("project", [var("entry").field(name)]);
    let texts = call(
        "append",
        [var("texts"), list(["Reason", "Detail"].map(text))],
    );
    let entries = list([call("objects", [var("task").field("Failures")])]);
    let all = call(
        "reduce",
        [entries, function(["texts", "entry"], texts), list([])],
    );

    let taken = |name| var("taken").field(name);
    let is_left_out = taken("left")
        .eq(0_u32)
        .or(var("text").among(taken("texts")));
    let cut = call("substring", [var("text"), 0_u32.into(), taken("left")]);
    let left = taken("left").minus(call("length", [var("cut")]));
    let with_text = Expression::Block(
        vec![bind("cut", call("trimmed", [cut]))],
        object([
            ("texts", list([taken("texts"), var("cut")])),
            ("left", left),
        ])
        .into(),
    );
    let take = function(
        ["taken", "text"],
        is_left_out.choose(var("taken"), with_text),
    );
    let none = object([("texts", list([])), ("left", max_chars().into())]);
    [
        bind("announced", list([all])),
        bind("taken", call("reduce", [var("announced"), take, none])),
        bind("placement", list([var("taken").field("texts")])),
    ]
}

/// Statements about a Batch job: `attempt`, its last attempt, and `jobContainers`.
fn job_statements() -> Vec<Statement> {
    let member = |of: Expression, name| call("objectOf", [of.field(name)]);
    let last = |name| {
        let attempts = || var("job").field(name);
        is(attempts(), "array").then(call(
            "objectOf",
            [Expression::Filter(
                attempts().into(),
                call("count", [attempts()]).minus(1_u32).into(),
            )],
        ))
    };
    // The containers of each group in a list, one group after the other.
    let grouped = |groups: Expression| {
        let append = call("append", [var("found"), containers_of(var("group"))]);
        call(
            "reduce",
            [groups, function(["found", "group"], append), list([])],
        )
    };
    let task_groups = |of: Expression| call("objects", [of.field("TaskProperties")]);
    let unnamed = |of: &str| {
        let container = member(var(of), "Container");
        let fields = call(
            "merge",
            [list([
                call("container", [container.clone()]),
                object([("name", Expression::Null), ("injected", false.into())]),
            ])],
        );
        exists(container).then(fields)
    };
    let filled = |name| var("own").field(name).or_else(var("same").field(name));
    let same = var("attempted").filter(item().field("name").eq(var("own").field("name")));
    let fill = function(
        ["own"],
        Expression::Block(
            vec![bind("same", list([same]).at(0_u32))],
            object([
                ("name", var("own").field("name")),
                ("injected", var("own").field("injected")),
                ("code", filled("code")),
                ("bits", filled("bits")),
                ("reason", filled("reason")),
            ])
            .into(),
        ),
    );
    let count = |name| call("count", [var(name)]);
    let only = call(
        "merge",
        [list([var("all").at(0_u32), object([("any", true.into())])])],
    );
    vec![
        bind("lastOfTask", last("Attempts")),
        bind("attempt", var("lastOfTask").or_else(last("EksAttempts"))),
        bind(
            "named",
            list([grouped(list([
                task_groups(member(var("job"), "EcsProperties")),
                member(member(var("job"), "EksProperties"), "PodProperties"),
            ]))]),
        ),
        bind(
            "tried",
            list([
                grouped(list([task_groups(var("attempt"))])),
                containers_of(var("attempt")),
            ]),
        ),
        bind("isUnnamed", count("named").plus(count("tried")).eq(0_u32)),
        bind(
            "listed",
            var("isUnnamed").choose(list([unnamed("job")]), var("named")),
        ),
        bind(
            "attempted",
            var("isUnnamed").choose(list([unnamed("attempt")]), var("tried")),
        ),
        bind(
            "all",
            count("listed")
                .eq(0_u32)
                .choose(var("attempted"), list([call("map", [var("listed"), fill])])),
        ),
        bind(
            "jobContainers",
            count("all").eq(1_u32).choose(list([only]), var("all")),
        ),
    ]
}
