//! The names of states and variables: those that a definition mentions must exist, and those that it
//! gives must not collide.

use super::parse::StateMachine;
use std::collections::BTreeSet;

/// Checks the names in a machine, and in the machines of its Map and Parallel states.
///
/// - `StartAt`, `Next`, `Default` and `Catch` name a state of the same machine.
/// - No two states of the definition have the same name.
/// - A machine does not assign a variable that a machine around it assigns.
///
/// Source: Step Functions Developer Guide, "Passing data between states with variables"; AWS
/// refuses a definition that breaks one of the last two with `DUPLICATE_STATE_NAME` and
/// `DUPLICATE_VARIABLE_NAME`.
pub(super) fn check(machine: &StateMachine) -> Result<(), String> {
    check_machine(machine, "", &BTreeSet::new(), &mut BTreeSet::new())
}

/// Checks one machine at `place`. `outer` has the variables of the machines around it, and `seen`
/// the states that were checked before.
fn check_machine<'d>(
    machine: &'d StateMachine,
    place: &str,
    outer: &BTreeSet<&'d str>,
    seen: &mut BTreeSet<&'d str>,
) -> Result<(), String> {
    let StateMachine { start_at, states } = machine;
    let mut assigned = outer.clone();
    for (name, state) in states {
        let here = format!("{place}States.{name}");
        if !seen.insert(name) {
            return Err(format!("{here}: another state has the same name"));
        }
        let mut targets = state.targets().into_iter();
        if let Some(target) = targets.find(|target| !states.contains_key(*target)) {
            return Err(format!("{here}: there is no state `{target}`"));
        }
        for variable in state.variables() {
            if outer.contains(variable) {
                return Err(format!(
                    "{here}: `{variable}` is assigned outside of this machine, too; use another name"
                ));
            }
            assigned.insert(variable);
        }
    }
    if !states.contains_key(start_at) {
        return Err(format!("{place}StartAt: there is no state `{start_at}`"));
    }
    for (name, state) in states {
        for (field, inner) in state.machines() {
            let place = format!("{place}States.{name}.{field}.");
            check_machine(inner, &place, &assigned, seen)?;
        }
    }
    Ok(())
}
