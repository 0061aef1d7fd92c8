//! Policies, which are loaded once for requests that follow each other.

use crate::error::Error;
use crate::request::NamedPolicy;
use exitwise_engine::Policy;
use exitwise_reports::PolicyText;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Number of policies that are kept: the one on a page and the one that it is compared with, each
/// before and after a change, and under the names that reports and the language server give it.
const MAX_KEPT: usize = 8;

thread_local! {
    static KEPT: RefCell<VecDeque<Rc<PolicyText>>> = const { RefCell::new(VecDeque::new()) };
}

/// Returns a policy, which is loaded if its text is not one of the last ones.
pub(crate) fn load(NamedPolicy { name, text }: &NamedPolicy) -> Rc<PolicyText> {
    KEPT.with_borrow_mut(|kept| {
        let is_same = |it: &&Rc<PolicyText>| it.name == *name && it.text == *text;
        if let Some(known) = kept.iter().find(is_same) {
            return Rc::clone(known);
        }
        let policy = match kept.iter().find(|it| it.text == *text) {
            Some(known) => PolicyText {
                name: name.clone(),
                ..PolicyText::clone(known)
            },
            None => PolicyText::new(name.clone(), text.clone()),
        };
        let policy = Rc::new(policy);
        kept.push_front(Rc::clone(&policy));
        kept.truncate(MAX_KEPT);
        policy
    })
}

/// Returns the policy of a text, which must have no errors.
pub(crate) fn usable(text: &PolicyText) -> Result<&Policy, Error> {
    let policy = text.policy.as_ref();
    policy.ok_or_else(|| Error::invalid_policy(text))
}
