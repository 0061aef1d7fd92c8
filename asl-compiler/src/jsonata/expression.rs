//! The tree of a JSONata expression, and functions that build it.

use super::regex::Regex;

/// A JSONata expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    Null,
    Boolean(bool),
    /// A whole number.
    Number(u64),
    Text(String),
    Regex(Regex),
    /// A variable, without its `$`. The empty name is the context item.
    Variable(String),
    /// The member of an object.
    Field(Box<Self>, &'static str),
    /// The items of a list for which a condition holds, or the item at an index.
    Filter(Box<Self>, Box<Self>),
    /// The call of a function, named without its `$`.
    Call(&'static str, Vec<Self>),
    Binary(Box<Self>, Operator, Box<Self>),
    /// `condition ? then : otherwise`. Without `otherwise` it can be undefined.
    Choice(Box<Self>, Box<Self>, Option<Box<Self>>),
    Array(Vec<Self>),
    /// The members of an object. A member whose value is undefined is left out.
    Object(Vec<(Self, Self)>),
    /// A function with these parameters, named without their `$`.
    Function(Vec<&'static str>, Box<Self>),
    /// Statements, and the value of the block.
    Block(Vec<Statement>, Box<Self>),
}

/// A statement of a block: a variable, without its `$`, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement(pub(crate) String, pub(crate) Expression);

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Tests whether a value is an item of a list.
    In,
    Add,
    Subtract,
    /// Joins two texts.
    Join,
    Multiply,
    Divide,
}

impl From<bool> for Expression {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<u32> for Expression {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Expression {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Returns the value of a variable, named without its `$`.
pub(crate) fn var(name: &str) -> Expression {
    Expression::Variable(name.to_owned())
}

/// Returns the context item: the item that a filter examines.
pub(crate) fn item() -> Expression {
    var("")
}

/// Returns a text.
pub(crate) fn text(text: impl Into<String>) -> Expression {
    Expression::Text(text.into())
}

/// Returns a regular expression in the canonical spelling, which does not ignore case.
pub(crate) fn regex(text: &str) -> Expression {
    Expression::Regex(Regex::literal(text))
}

/// Returns the call of a function, named without its `$`.
pub(crate) fn call<const N: usize>(
    function: &'static str,
    arguments: [Expression; N],
) -> Expression {
    Expression::Call(function, arguments.into())
}

/// Returns a statement.
pub(crate) fn bind(name: &str, value: Expression) -> Statement {
    Statement(name.to_owned(), value)
}

/// Returns whether a value has this type.
pub(crate) fn is(value: Expression, type_name: &str) -> Expression {
    call("type", [value]).eq(type_name)
}

/// Returns whether a condition does not hold; undefined if it is undefined.
pub(crate) fn not(condition: Expression) -> Expression {
    call("not", [condition])
}

/// Returns whether a value is not undefined.
pub(crate) fn exists(value: Expression) -> Expression {
    call("exists", [value])
}

/// Returns a function with these parameters, named without their `$`.
pub(crate) fn function<const N: usize>(
    parameters: [&'static str; N],
    body: Expression,
) -> Expression {
    Expression::Function(parameters.into(), body.into())
}

/// Returns an object.
pub(crate) fn object<K: Into<Expression>>(
    members: impl IntoIterator<Item = (K, Expression)>,
) -> Expression {
    let members = members.into_iter();
    Expression::Object(members.map(|(key, value)| (key.into(), value)).collect())
}

/// Returns a list. Items that are lists themselves become items of this one; undefined ones are left
/// out.
pub(crate) fn list<const N: usize>(items: [Expression; N]) -> Expression {
    Expression::Array(items.into())
}

/// Returns whether all conditions hold; true without conditions.
pub(crate) fn all(conditions: Vec<Expression>) -> Expression {
    balanced(conditions, Operator::And).unwrap_or(Expression::Boolean(true))
}

/// Returns whether one of the conditions holds; false without conditions.
pub(crate) fn any(conditions: Vec<Expression>) -> Expression {
    balanced(conditions, Operator::Or).unwrap_or(Expression::Boolean(false))
}

/// Returns a text that consists of these parts.
pub(crate) fn join(parts: Vec<Expression>) -> Expression {
    balanced(parts, Operator::Join).unwrap_or_else(|| text(""))
}

/// Joins operands as a balanced tree, so that the depth grows with the logarithm of their number:
/// Step Functions refuses expressions whose evaluation nests some 100 levels. `None` without operands.
fn balanced(mut operands: Vec<Expression>, operator: Operator) -> Option<Expression> {
    let right = operands.split_off(operands.len() / 2);
    if operands.is_empty() {
        return right.into_iter().next();
    }
    let (left, right) = (balanced(operands, operator)?, balanced(right, operator)?);
    Some(left.binary(operator, right))
}

impl Expression {
    fn binary(self, operator: Operator, right: impl Into<Self>) -> Self {
        Self::Binary(self.into(), operator, Box::new(right.into()))
    }

    pub(crate) fn eq(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Equal, right)
    }

    pub(crate) fn ne(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::NotEqual, right)
    }

    pub(crate) fn lt(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Less, right)
    }

    pub(crate) fn le(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::LessOrEqual, right)
    }

    pub(crate) fn gt(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Greater, right)
    }

    pub(crate) fn ge(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::GreaterOrEqual, right)
    }

    pub(crate) fn and(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::And, right)
    }

    pub(crate) fn or(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Or, right)
    }

    pub(crate) fn plus(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Add, right)
    }

    pub(crate) fn minus(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Subtract, right)
    }

    pub(crate) fn times(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Multiply, right)
    }

    pub(crate) fn divided_by(self, right: impl Into<Self>) -> Self {
        self.binary(Operator::Divide, right)
    }

    /// Returns whether the value is one of these.
    #[expect(clippy::wrong_self_convention, reason = "like the other operators")]
    pub(crate) fn is_in<T: Into<Self>>(self, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.binary(Operator::In, Self::Array(values))
    }

    /// Returns whether the value is an item of a list.
    pub(crate) fn among(self, list: Self) -> Self {
        self.binary(Operator::In, list)
    }

    /// Returns the member of an object; undefined if there is none.
    pub(crate) fn field(self, name: &'static str) -> Self {
        Self::Field(self.into(), name)
    }

    /// Returns the items of a list for which a condition on the [context item](item) holds:
    /// undefined if there are none, and the item itself if there is one.
    pub(crate) fn filter(self, condition: Self) -> Self {
        Self::Filter(self.into(), condition.into())
    }

    /// Returns the item of a list at this index, from 0; undefined if there is none.
    pub(crate) fn at(self, index: impl Into<Self>) -> Self {
        Self::Filter(self.into(), Box::new(index.into()))
    }

    /// Returns the first value if this condition holds, else the second one.
    pub(crate) fn choose(self, then: impl Into<Self>, otherwise: impl Into<Self>) -> Self {
        Self::Choice(
            self.into(),
            Box::new(then.into()),
            Some(Box::new(otherwise.into())),
        )
    }

    /// Returns the value, or the other one if it is undefined.
    pub(crate) fn or_else(self, otherwise: impl Into<Self>) -> Self {
        exists(self.clone()).choose(self, otherwise)
    }

    /// Returns the value if this condition holds, else undefined.
    pub(crate) fn then(self, value: impl Into<Self>) -> Self {
        Self::Choice(self.into(), Box::new(value.into()), None)
    }
}
