//! A bootstrap that always gives the same answer. Its cost is that of the Lambda runtime alone, so
//! the benchmark compares the function with it.

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde::de::IgnoredAny;

fn main() -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let handler = |_: LambdaEvent<IgnoredAny>| async { Ok::<_, Error>("TEMPORARY") };
    runtime.block_on(Runtime::new(service_fn(handler)).run())
}
