//! This machine in AWS's place: the definition's markers, the clock, ECS and the function.

pub(crate) mod clock;
pub(crate) mod definition;
pub(crate) mod ecs;
pub(crate) mod report;
pub(crate) mod signals;
pub(crate) mod tasks;
