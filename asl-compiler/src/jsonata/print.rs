//! Prints expressions.

use super::expression::{Expression, Operator, Statement};
use std::fmt::{self, Display, Write};

impl Operator {
    fn as_str(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Join => "&",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }

    /// Returns how tightly the operator binds.
    ///
    /// Source: JSONata 2.0.6, `parser.js`, the table `operators`.
    fn precedence(self) -> u8 {
        match self {
            Self::Or => 25,
            Self::And => 30,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::In => 40,
            Self::Add | Self::Subtract | Self::Join => 50,
            Self::Multiply | Self::Divide => 60,
        }
    }
}

/// How tightly `? :` binds.
const CHOICE: u8 = 20;

/// How tightly everything binds that needs no parentheses anywhere.
const ATOM: u8 = 100;

impl Expression {
    fn precedence(&self) -> u8 {
        match self {
            Self::Choice(..) => CHOICE,
            Self::Binary(_, operator, _) => operator.precedence(),
            _ => ATOM,
        }
    }
}

/// Prints the expression as it stands between `{%` and `%}`, on one line.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => print_text(text, f),
            Self::Regex(regex) => regex.fmt(f),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Field(of, name) => {
                print_within(of, ATOM, f)?;
                write!(f, ".{name}")
            }
            Self::Filter(of, condition) => {
                // A filter after a path applies to the last step of the path, not to its result.
                let is_path = matches!(**of, Self::Field(..));
                print_within(of, if is_path { ATOM + 1 } else { ATOM }, f)?;
                write!(f, "[{condition}]")
            }
            Self::Call(function, arguments) => {
                write!(f, "${function}(")?;
                print_list(arguments, f)?;
                f.write_char(')')
            }
            Self::Binary(left, operator, right) => {
                let own = operator.precedence();
                print_within(left, own, f)?;
                write!(f, " {} ", operator.as_str())?;
                print_within(right, own + 1, f)
            }
            Self::Choice(condition, then, otherwise) => {
                print_within(condition, CHOICE + 1, f)?;
                f.write_str(" ? ")?;
                print_within(then, CHOICE + 1, f)?;
                match otherwise {
                    None => Ok(()),
                    Some(otherwise) => write!(f, " : {otherwise}"),
                }
            }
            Self::Array(items) => {
                f.write_char('[')?;
                print_list(items, f)?;
                f.write_char(']')
            }
            Self::Object(members) => {
                // Without blanks: most of a large policy's expression are such objects.
                f.write_char('{')?;
                for (n, (key, value)) in members.iter().enumerate() {
                    let comma = if n == 0 { "" } else { "," };
                    write!(f, "{comma}{key}:{value}")?;
                }
                f.write_char('}')
            }
            Self::Function(parameters, body) => {
                f.write_str("function(")?;
                for (n, parameter) in parameters.iter().enumerate() {
                    let comma = if n == 0 { "" } else { ", " };
                    write!(f, "{comma}${parameter}")?;
                }
                write!(f, ") {{ {body} }}")
            }
            Self::Block(statements, value) => {
                f.write_char('(')?;
                for Statement(name, value) in statements {
                    write!(f, "${name} := {value}; ")?;
                }
                write!(f, "{value})")
            }
        }
    }
}

/// Prints an expression, in parentheses if it binds less tightly than its surroundings.
fn print_within(expression: &Expression, around: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match expression.precedence() < around {
        true => write!(f, "({expression})"),
        false => expression.fmt(f),
    }
}

fn print_list(items: &[Expression], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (n, item) in items.iter().enumerate() {
        let comma = if n == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

/// Prints a text. `%` and `$` are escaped where they would end the expression or start a marker of
/// Terraform.
fn print_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // JSONata has no escape for a single quote.
    let quote = if text.contains('\'') { '"' } else { '\'' };
    f.write_char(quote)?;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let before_brace = matches!(characters.peek(), Some('{' | '}'));
        match c {
            '\\' => f.write_str("\\\\")?,
            '"' if quote == '"' => f.write_str("\\\"")?,
            '%' | '$' if before_brace => write!(f, "\\u{:04x}", u32::from(c))?,
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use super::super::expression::{all, any, call, item, join, object, text, var};
    use super::*;

    #[test]
    fn expressions_print_with_the_parentheses_they_need() {
        let (a, b, c) = (|| var("a"), || var("b"), || var("c"));
        for (expression, expected) in [
            (a().minus(b().minus(c())), "$a - ($b - $c)"),
            (a().minus(b()).minus(c()), "$a - $b - $c"),
            (a().plus(b()).times(c()), "($a + $b) * $c"),
            (a().plus(b().times(c())), "$a + $b * $c"),
            (a().or(b()).and(c()), "($a or $b) and $c"),
            (a().eq(b()).choose(1_u32, 2_u32), "$a = $b ? 1 : 2"),
            (
                a().choose(b().choose(1_u32, 2_u32), c().then(3_u32)),
                "$a ? ($b ? 1 : 2) : $c ? 3",
            ),
            (a().then(1_u32).plus(b()), "($a ? 1) + $b"),
            (a().field("B").at(0_u32), "($a.B)[0]"),
            (a().filter(item().gt(1_u32)).field("B"), "$a[$ > 1].B"),
            (a().is_in(["x", "y"]), "$a in ['x', 'y']"),
            (
                call("f", [a(), text("'\"\\\n")]),
                r#"$f($a, "'\"\\\u000a")"#,
            ),
            (text("50%} ${x} %{ $1"), r"'50\u0025} \u0024{x} \u0025{ $1'"),
            (object([("k", a()), ("l", b())]), "{'k':$a,'l':$b}"),
            (
                Expression::Block(vec![Statement("a".into(), 1_u32.into())], a().into()),
                "($a := 1; $a)",
            ),
            (
                super::super::expression::function(["x", "y"], var("x")),
                "function($x, $y) { $x }",
            ),
            (
                any(["a", "b", "c", "d"].map(var).into()),
                "$a or $b or ($c or $d)",
            ),
            (all(vec![a()]), "$a"),
            (join(vec![]), "''"),
        ] {
            assert_eq!(expression.to_string(), expected);
        }
    }
}
