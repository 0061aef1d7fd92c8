//! `exitwise init`: a policy to start from.

pub(crate) mod command;
pub(crate) mod shipped;
