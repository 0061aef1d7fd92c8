//! Where in a task's JSON the facts of a failure stand. Whatever has another type than expected counts as absent.

use crate::failure::{Container, ExitCode, Failure};
use crate::pattern::Text;
use std::borrow::Cow;

/// What a value of the document is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Task,
    StopCode,
    StoppedReason,
    LaunchType,
    CapacityProvider,
    Containers,
    Container,
    ContainerName,
    ExitCode,
    ContainerReason,
    Failures,
    PlacementFailure,
    PlacementReason,
    /// Nothing that counts.
    Elsewhere,
}

impl Place {
    /// The place of an object's member.
    pub(crate) fn member(self, key: &[u8]) -> Self {
        match self {
            Self::Task => match key {
                b"StopCode" => Self::StopCode,
                b"StoppedReason" => Self::StoppedReason,
                b"LaunchType" => Self::LaunchType,
                b"CapacityProviderName" => Self::CapacityProvider,
                b"Containers" => Self::Containers,
                b"Failures" => Self::Failures,
                _ => Self::Elsewhere,
            },
            Self::Container => match key {
                b"Name" => Self::ContainerName,
                b"ExitCode" => Self::ExitCode,
                b"Reason" => Self::ContainerReason,
                _ => Self::Elsewhere,
            },
            Self::PlacementFailure => match key {
                b"Reason" | b"Detail" => Self::PlacementReason,
                _ => Self::Elsewhere,
            },
            _ => Self::Elsewhere,
        }
    }

    /// The place of a list's elements.
    pub(crate) fn element(self) -> Self {
        match self {
            Self::Containers => Self::Container,
            Self::Failures => Self::PlacementFailure,
            _ => Self::Elsewhere,
        }
    }

    /// Whether a text there counts.
    pub(crate) fn takes_text(self) -> bool {
        !matches!(self, Self::ExitCode | Self::Elsewhere)
    }
}

/// What is read, in the order in which it is read.
impl<'a> Failure<'a> {
    pub(crate) fn object(&mut self, place: Place) {
        if place == Place::Container {
            self.containers.push(Container::default());
        }
    }

    pub(crate) fn text(&mut self, place: Place, text: Cow<'a, str>) {
        match (place, self.containers.last_mut()) {
            (Place::StopCode, _) => self.stop_code = Some(text),
            (Place::StoppedReason, _) => self.stopped_reason = Some(Text::project(text)),
            (Place::LaunchType, _) => self.launch_type = Some(text),
            (Place::CapacityProvider, _) => self.capacity_provider = Some(text),
            (Place::PlacementReason, _) => self.placement_reasons.push(Text::project(text)),
            (Place::ContainerName, Some(container)) => container.name = Some(text),
            (Place::ContainerReason, Some(container)) => container.reason = Some(Text::project(text)),
            _ => {}
        }
    }

    /// A number without fraction.
    pub(crate) fn integer(&mut self, place: Place, integer: i64) {
        if let (Place::ExitCode, Some(container)) = (place, self.containers.last_mut()) {
            container.exit_code = ExitCode::new(integer);
        }
    }
}
