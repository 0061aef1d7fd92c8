//! The failure in words: the counterpart of the engine's `Incident`.

use super::condition::in_ranges;
use super::container::Views;
use crate::jsonata::{
    Expression, Statement, all, any, bind, call, exists, function, item, join, list, not, regex,
    text, var,
};
use exitwise_engine::Policy;
use exitwise_engine::decision::NoExitCode;
use exitwise_engine::failure::ERROR_PREFIXES;

/// Maximum length of a name that is printed, in characters; the engine has the same.
const MAX_NAME_CHARS: u32 = 256;

/// Maximum number of the task's containers that are named, and the length of their names; the engine
/// has the same.
const MAX_LISTED: u32 = 3;
const MAX_LISTED_CHARS: u32 = 64;

/// Appends the statements that word the failure:
///
/// | variable | value |
/// |---|---|
/// | `incident` | the beginning of the cause |
/// | `errorName` | the error name unless the decision is FATAL |
pub(super) fn word_incident(policy: &Policy, views: &Views<'_>, statements: &mut Vec<Statement>) {
    let seen = |name| var("view").field(name);
    let container = |name| seen("container").field(name);
    statements.extend([
        bind("printable", function(["name", "most"], printable())),
        bind("view", views.of_rule()),
        bind("code", container("code")),
        bind("bits", container("bits")),
    ]);
    name_exit_code(policy, statements);
    let name = |value| call("printable", [value, MAX_NAME_CHARS.into()]);
    statements.extend([
        bind("stopName", name(var("stopCode"))),
        bind("printedError", name(var("error"))),
        bind("prefix", error_prefix(container("reason"))),
    ]);
    let of_container = call("textOf", [container("name")]);
    statements.push(bind("containerName", name(of_container)));
    let missing = match policy.container() {
        None => None,
        Some(wanted) => {
            word_missing_container(wanted, statements);
            Some(var("missing"))
        }
    };
    let is_said = || match policy.container() {
        // What is said about the policy's container is not said again.
        Some(wanted) => exists(var("missing")).and(seen("wanted").eq(wanted)),
        None => false.into(),
    };
    statements.push(bind("noCode", no_exit_code(&is_said())));
    let facts = |stop_name| {
        let comma =
            |fact: Expression| exists(fact.clone()).choose(join(vec![", ".into(), fact]), "");
        join(vec![comma(stop_name), comma(var("prefix"))])
    };
    let other_stop = var("stopName")
        .ne("EssentialContainerExited")
        .then(var("stopName"));
    let exited = join(vec![
        var("containerName").or_else("the container"),
        " exited with ".into(),
        call("string", [var("code")]),
        code_in_words(),
        facts(other_stop),
    ]);
    let unknown = join(vec![
        var("printedError").or_else("an error without a name"),
        facts(var("stopName")),
        ", ".into(),
        var("noCode"),
    ]);
    let mut parts: Vec<_> = missing.into_iter().collect();
    parts.push(exists(var("code")).choose(exited, unknown));
    statements.extend([
        bind("incident", join(parts)),
        bind("errorName", error_name()),
    ]);
}

/// Returns `$name` if it may be printed: it is a text of ASCII letters, digits, `.`, `-` and `_`, not
/// longer than `$most`.
fn printable() -> Expression {
    let is_short = call("length", [var("name")]).le(var("most"));
    let has_other = call("contains", [var("name"), regex(r"[^\x2d\x2e0-9A-Z_a-z]")]);
    all(vec![var("name").ne(""), is_short, not(has_other)]).then(var("name"))
}

/// Appends the statements that set `$codeName` to the name of the exit code, if it has one.
fn name_exit_code(policy: &Policy, statements: &mut Vec<Statement>) {
    for (name, codes) in policy.exit_code_sets() {
        let is_named = any(in_ranges(|| var("bits"), codes));
        statements.push(bind("codeName", is_named.choose(name, var("codeName"))));
    }
}

/// Returns the name of the exit code, or of the signal, in parentheses.
fn code_in_words() -> Expression {
    let named = join(vec![" (".into(), var("codeName"), ")".into()]);
    let signal = call("string", [var("bits").minus(128_u32)]);
    let killed = join(vec![" (killed by signal ".into(), signal, ")".into()]);
    let is_signal = var("bits").ge(129_u32).and(var("bits").le(159_u32));
    exists(var("codeName")).choose(named, is_signal.choose(killed, ""))
}

/// Returns the known error prefix at the start of the first reason that has one.
fn error_prefix(container_reason: Expression) -> Expression {
    let known = regex(&format!("^(?:{}):", ERROR_PREFIXES.join("|")));
    let reasons = list([var("stopped"), container_reason, var("placement")]);
    let known = reasons.filter(call("contains", [item(), known]));
    call("substringBefore", [list([known]).at(0_u32), ":".into()])
}

/// Returns the reason why there is no exit code.
fn no_exit_code(is_said: &Expression) -> Expression {
    let matches = || var("view").field("matches");
    let not_reported = text(NoExitCode::NotReported.to_string());
    let count = call("string", [call("count", [var("containers")])]);
    let several = NoExitCode::SeveralContainers(0).to_string();
    let several = join(vec![count, text(several.trim_start_matches('0'))]);
    let wanted = || call("string", [var("view").field("wanted")]);
    let named = |no_exit_code: fn(String) -> NoExitCode| {
        let worded = no_exit_code("NAME".into()).to_string();
        let (before, after) = worded.split_once("NAME").unwrap_or_default();
        join(vec![before.into(), wanted(), after.into()])
    };
    let has_containers = call("count", [var("containers")]).gt(0_u32);
    let is_named = || var("view").field("wanted").ne(Expression::Null);
    let missing = is_named()
        .and(matches().eq(0_u32))
        .and(has_containers)
        .and(not(is_said.clone()));
    let listed = missing.choose(named(NoExitCode::NoContainer), not_reported);
    let of_container = matches().gt(1_u32).choose(
        is_named().choose(named(NoExitCode::ListedTwice), several),
        listed,
    );
    let plain = var("plain").eq("").choose(
        NoExitCode::EmptyCause.to_string(),
        NoExitCode::PlainText.to_string(),
    );
    var("isPlain").choose(plain, of_container)
}

/// Returns the error name of a decision that is not FATAL.
fn error_name() -> Expression {
    let code = join(vec!["ExitCode".into(), call("string", [var("code")])]);
    let first = var("prefix").or_else(var("stopName").or_else(var("printedError")));
    let shortened = call("replace", [first, regex(r"^(?:States\x2e)+"), "".into()]);
    let unknown = "UnknownError";
    exists(var("code")).choose(
        var("codeName").or_else(code),
        Expression::Block(
            vec![bind("short", shortened)],
            var("short")
                .ne("")
                .and(exists(var("short")))
                .choose(var("short"), unknown)
                .into(),
        ),
    )
}

/// Appends the statements that set `$missing` to a sentence, if the task has containers, but not that
/// of the policy.
fn word_missing_container(wanted: &str, statements: &mut Vec<Statement>) {
    let own = var("containers")
        .filter(not(item().field("injected")))
        .field("name");
    let listed = call(
        "printable",
        [call("textOf", [item()]), MAX_LISTED_CHARS.into()],
    );
    let listed = var("ownNames").filter(exists(listed));
    let quoted = function(["name"], join(vec!["`".into(), var("name"), "`".into()]));
    let first = function(["name", "index"], var("index").lt(MAX_LISTED));
    let unlisted = || call("string", [var("unlisted")]);
    let others = var("unlisted")
        .gt(0_u32)
        .then(call("count", [var("listed")]).gt(0_u32).choose(
            join(vec![unlisted(), " more".into()]),
            var("unlisted").eq(1_u32).choose(
                "a container with another name",
                join(vec![unlisted(), " containers with other names".into()]),
            ),
        ));
    let count = || call("count", [var("parts")]);
    let last = || Expression::Filter(var("parts").into(), count().minus(1_u32).into());
    let before = function(["part", "index"], var("index").lt(count().minus(1_u32)));
    let before = call(
        "join",
        [call("filter", [var("parts"), before]), ", ".into()],
    );
    let names = count()
        .gt(1_u32)
        .choose(join(vec![before, " and ".into(), last()]), last());
    let sentence = join(vec![
        format!("the policy looks at container `{wanted}`, but the task has ").into(),
        names,
        "; ".into(),
    ]);
    let is_missing = var("seen").field("matches").eq(0_u32);
    statements.extend([
        bind("ownNames", list([own])),
        bind("listed", list([call("filter", [list([listed]), first])])),
        bind(
            "unlisted",
            call("count", [var("ownNames")]).minus(call("count", [var("listed")])),
        ),
        bind(
            "parts",
            list([call("map", [var("listed"), quoted]), others]),
        ),
        bind(
            "missing",
            is_missing
                .and(call("count", [var("ownNames")]).gt(0_u32))
                .then(sentence),
        ),
    ]);
}
