//! Runs the handler as a Lambda function on a custom runtime.

use crate::answer::Answer;
use crate::handler::{Handler, HandlerError, compile};
use crate::logs;
use exitwise_engine::Policy;
use exitwise_engine::policy::MAX_POLICY_BYTES;
use lambda_runtime::tower::util::{MapRequestLayer, MapResponseLayer};
use lambda_runtime::{Diagnostic, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use lambda_runtime_api_client::{Client, body::Body, build_request};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::{env, future, mem};

/// The reason why the function cannot start. Each error has a constant name, as in
/// [`HandlerError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// `POLICY_PATH` is the path of a file that cannot be read.
    #[error("POLICY_PATH names {}, which cannot be read: {error}", path.display())]
    PolicyMissing {
        /// The path in `POLICY_PATH`.
        path: PathBuf,
        /// The error when reading the file.
        error: io::Error,
    },
    /// `POLICY_PATH` is the path of a policy that has errors.
    #[error("POLICY_PATH names {}, which has errors:\n{problems}", path.display())]
    PolicyInvalid {
        /// The path in `POLICY_PATH`.
        path: PathBuf,
        /// The first problems of the policy, one on each line.
        problems: String,
    },
}

impl StartError {
    /// Returns the error name that Lambda and Step Functions see.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PolicyMissing { .. } => "Policy.Missing",
            Self::PolicyInvalid { .. } => "Policy.Invalid",
        }
    }
}

/// Initializes logging with the settings in the environment.
pub fn init_logs() {
    logs::init();
}

/// Creates a handler with the policy in the file at `POLICY_PATH`, or with the default policy if
/// the variable is not set.
///
/// # Errors
/// Returns an error if `POLICY_PATH` is set, but no policy can be loaded from that file. The
/// default policy is not a fallback.
pub fn handler_from_environment() -> Result<Handler, StartError> {
    match env::var_os("POLICY_PATH") {
        Some(path) => load(Path::new(&path)).map(Handler::new),
        None => Ok(Handler::default()),
    }
}

fn load(path: &Path) -> Result<Policy, StartError> {
    let invalid = |problems| StartError::PolicyInvalid {
        path: path.to_owned(),
        problems,
    };
    let mut bytes = Vec::new();
    // Read one byte more than the maximum size, so that a larger file is recognized as too large.
    let most = u64::try_from(MAX_POLICY_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| StartError::PolicyMissing {
        path: path.to_owned(),
        error,
    })?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("it is not UTF-8".to_owned()))?;
    compile(&text).map_err(invalid)
}

/// Reports to Lambda why the function cannot start.
///
/// # Errors
/// Returns an error if the Runtime API cannot be reached.
pub async fn report_init_error(error: &StartError) -> Result<(), lambda_runtime::Error> {
    let diagnostic = Diagnostic {
        error_type: error.name().to_owned(),
        error_message: error.to_string(),
    };
    let request = build_request()
        .method("POST")
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", error.name())
        .body(Body::from(serde_json::to_string(&diagnostic)?))?;
    Client::builder().build()?.call(request).await?;
    Ok(())
}

impl From<HandlerError> for Diagnostic {
    fn from(error: HandlerError) -> Self {
        Self {
            error_type: error.name().to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// Data that the stages of one invocation pass to each other. Invocations do not overlap.
#[derive(Default)]
struct Invocation {
    request_id: String,
    payload: Vec<u8>,
    answer: Option<Rc<Answer>>,
}

/// Answers invocations until the process is stopped.
///
/// `answer` receives the bytes of the event unchanged, because the runtime's JSON parser would
/// reject some events that the handler can answer. Log lines are written after the answer has been
/// sent, so that the caller does not wait for them. If `answer` panics, the invocation fails with
/// [`HandlerError::Panicked`].
///
/// # Errors
/// Returns an error if the Runtime API cannot be reached.
pub async fn serve(
    answer: impl Fn(&[u8]) -> Result<Answer, HandlerError>,
) -> Result<(), lambda_runtime::Error> {
    let invocation = Rc::new(RefCell::new(Invocation::default()));
    let (arrived, answered) = (Rc::clone(&invocation), Rc::clone(&invocation));
    let handler = service_fn(move |_: LambdaEvent<()>| {
        let payload = mem::take(&mut invocation.borrow_mut().payload);
        let result = catch_unwind(AssertUnwindSafe(|| answer(&payload)))
            .unwrap_or(Err(HandlerError::Panicked));
        let result = result.map(Rc::new);
        invocation.borrow_mut().answer = result.as_ref().ok().cloned();
        future::ready(result)
    });
    let arrive = move |mut event: LambdaInvocation| {
        let payload = mem::replace(&mut event.body, "null".into());
        let request_id = event.context.request_id.clone();
        *arrived.borrow_mut() = Invocation {
            request_id,
            payload: payload.into(),
            answer: None,
        };
        event
    };
    let log = move |()| {
        let Invocation {
            request_id, answer, ..
        } = &*answered.borrow();
        if let Some(answer) = answer {
            logs::log_answer(request_id, answer);
        }
    };
    Runtime::new(handler)
        .layer(MapRequestLayer::new(arrive))
        .layer(MapResponseLayer::new(log))
        .run()
        .await
}
