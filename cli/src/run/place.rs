//! The place of an event in a state machine: through which Map and Parallel states it went.

use exitwise_asl_runner::HistoryEvent;

/// The place of an event.
pub(super) struct Place<'e> {
    event: &'e HistoryEvent,
}

impl<'e> Place<'e> {
    pub(super) const fn of(event: &'e HistoryEvent) -> Self {
        Self { event }
    }

    /// Returns the role of the state in the woven state around it, such as `RunTask`. `None` if it is
    /// not part of one.
    pub(super) fn role(&self) -> Option<&'e str> {
        let around = self.event.around.last().filter(|it| it.item.is_none())?;
        let state = self.event.state.as_deref()?;
        state.strip_prefix(&around.name)?.strip_prefix(": ")
    }

    /// Returns the path of the state, with the numbers of items: `Each[0]/Train`. The states of a woven
    /// state have the path of that state.
    pub(super) fn path(&self) -> String {
        let around = self.event.around.iter();
        let around = around.map(|state| match state.item {
            Some(item) => format!("{}[{item}]", state.name),
            None => state.name.clone(),
        });
        let own = self.event.state.iter().filter(|_| self.role().is_none());
        let path: Vec<_> = around.chain(own.cloned()).collect();
        path.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exitwise_asl_runner::EnclosingState;
    use serde_json::Value;
    use time::OffsetDateTime;

    #[track_caller]
    fn check(around: &[(&str, Option<usize>)], state: &str, expected: (&str, Option<&str>)) {
        let around = around.iter().map(|(name, item)| EnclosingState {
            name: (*name).to_owned(),
            item: *item,
        });
        let event = HistoryEvent {
            id: 7,
            previous_event_id: 6,
            timestamp: OffsetDateTime::UNIX_EPOCH,
            kind: "TaskStateEntered".to_owned(),
            state: Some(state.to_owned()),
            around: around.collect(),
            details: Value::Null,
        };
        let place = Place::of(&event);
        assert_eq!((place.path().as_str(), place.role()), expected);
    }

    #[test]
    fn a_woven_state_and_its_states_have_one_path() {
        for (around, state, expected) in [
            (&[][..], "Train", ("Train", None)),
            (
                &[("Train", None)],
                "Train: RunTask",
                ("Train", Some("RunTask")),
            ),
            (
                &[("Train", None)],
                "Other: RunTask",
                ("Train/Other: RunTask", None),
            ),
            (
                &[("Train", Some(0))],
                "Train: RunTask",
                ("Train[0]/Train: RunTask", None),
            ),
            (
                &[("Each", Some(2)), ("Train", None)],
                "Train: Init",
                ("Each[2]/Train", Some("Init")),
            ),
            (&[("Each", Some(0))], "Notify", ("Each[0]/Notify", None)),
        ] {
            check(around, state, expected);
        }
    }
}
