//! JSONata as data: expressions are built as trees and printed once, so that quoting, precedence and
//! nesting cannot go wrong.
//!
//! The trees use only what JSONata 2.0.6 has, the version that Step Functions implements.

mod backtracking;
mod expression;
mod print;
mod regex;
#[cfg(test)]
mod regex_agreement;

pub(crate) use self::regex::Regex;
pub(crate) use expression::{
    Expression, Statement, all, any, bind, call, exists, function, is, item, join, list, not,
    object, regex, text, var,
};
