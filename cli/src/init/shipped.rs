//! The policies of the folder `policies/`, compiled in.

macro_rules! embedded {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../embedded/policies/", $name, ".toml")),
        )
    };
}

/// The names and the texts of all policies, in alphabetical order.
const POLICIES: [(&str, &str); 11] = [
    embedded!("batch"),
    ("default", exitwise_lambda::DEFAULT_POLICY),
    embedded!("genomics"),
    embedded!("growing"),
    embedded!("minimal"),
    embedded!("ml-batch"),
    embedded!("original"),
    embedded!("placement-contention"),
    embedded!("scarce-capacity"),
    embedded!("shared-service"),
    embedded!("spot-first"),
];

/// The names of all policies.
pub(crate) fn names() -> [&'static str; 11] {
    POLICIES.map(|(name, _)| name)
}

/// The text of the policy with this name.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    let mut policies = POLICIES.into_iter();
    policies.find_map(|(known, text)| (known == name).then_some(text))
}
