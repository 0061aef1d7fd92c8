//! State machines.

use crate::error::Error;
use crate::policies::{load, usable};
use crate::request::{BackendName, Compile, NamedPolicy, Weave};
use exitwise_asl_compiler::{Backend, FUNCTION_MARKER, StateChoice, WeaveTarget, standard_machine};
use exitwise_engine::Policy;

/// Compiles a policy into the standard state machine.
pub(crate) fn compile(request: &Compile) -> Result<String, Error> {
    let backend = backend(&request.backend, request.function.as_deref());
    let policy = usable_for(&backend, &request.policy)?;
    standard_machine(&policy, &request.policy.name, &backend).map_err(Error::new)
}

/// Puts policies into a state machine.
pub(crate) fn weave(request: &Weave) -> Result<String, Error> {
    let backend = backend(&request.backend, request.function.as_deref());
    let policies = request.policies.iter();
    let policies = policies.map(|(state, named)| {
        let policy = usable_for(&backend, named)?;
        Ok((&**state, &*named.name, policy))
    });
    let policies = policies.collect::<Result<Vec<_>, Error>>()?;
    let targets = policies
        .iter()
        .map(|(state, policy_name, policy)| WeaveTarget {
            states: match *state {
                "*" => StateChoice::ContainerTasks,
                state => StateChoice::Named(state),
            },
            policy,
            policy_name,
        });
    let targets: Vec<_> = targets.collect();
    let woven = exitwise_asl_compiler::weave(&request.definition, &targets, &backend);
    Ok(woven.map_err(Error::new)?.text)
}

fn backend(name: &BackendName, function: Option<&str>) -> Backend {
    match name {
        BackendName::Native => Backend::Native,
        BackendName::Lambda => Backend::Lambda {
            function: function.unwrap_or(FUNCTION_MARKER).to_owned(),
        },
    }
}

/// Loads a policy that the backend can apply.
fn usable_for(backend: &Backend, policy: &NamedPolicy) -> Result<Policy, Error> {
    let mut loaded = (*load(policy)).clone();
    if *backend == Backend::Native {
        loaded.add_native_problems();
    }
    usable(&loaded).cloned()
}
