//! A Lambda Runtime API on the loopback interface, and a bootstrap that uses it.
//!
//! Payloads can be any bytes. Only one connection is served at a time, because the runtime sends
//! one request after another. Source: Lambda Developer Guide, "Using the Lambda runtime API for
//! custom runtimes".

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Timeout for each step of a bootstrap. Only a bootstrap that hangs reaches it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A message that a bootstrap sends to the Runtime API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Post {
    /// The answer of an invocation that succeeded.
    Response(String),
    /// The error of an invocation that failed.
    Error(String),
    /// The error that prevented the bootstrap from starting.
    InitError(String),
}

/// A running bootstrap, and the Runtime API that it uses.
pub(crate) struct Host {
    listener: TcpListener,
    connection: Option<BufReader<TcpStream>>,
    child: Child,
    invocations: u32,
    waits_for_event: bool,
}

impl Host {
    /// Starts a bootstrap. Its environment has only these variables and those that Lambda sets.
    /// `output` returns the target of standard output, and then that of standard error.
    pub(crate) fn start(
        bootstrap: &Path,
        arguments: &[String],
        environment: &[(&str, &str)],
        output: fn() -> Stdio,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let mut command = Command::new(bootstrap);
        command
            .args(arguments)
            .env_clear()
            .env(
                "AWS_LAMBDA_RUNTIME_API",
                listener.local_addr().unwrap().to_string(),
            )
            .env("AWS_LAMBDA_FUNCTION_NAME", "process-error")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output());
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", bootstrap.display()));
        Self {
            listener,
            connection: None,
            child,
            invocations: 0,
            waits_for_event: false,
        }
    }

    /// Sends an event, and returns the answer of the bootstrap.
    pub(crate) fn invoke(&mut self, payload: &[u8]) -> Post {
        self.await_next();
        self.send(payload);
        self.receive()
    }

    /// Waits until the bootstrap requests the next event.
    pub(crate) fn await_next(&mut self) {
        if !self.waits_for_event {
            let (path, _) = self.request();
            assert_eq!(path, "/2018-06-01/runtime/invocation/next");
            self.waits_for_event = true;
        }
    }

    /// Sends an event. The bootstrap must be waiting for it.
    pub(crate) fn send(&mut self, payload: &[u8]) {
        self.invocations += 1;
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Lambda-Runtime-Aws-Request-Id: request-{}\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:123456789012:function:process-error\r\n\r\n",
            payload.len(),
            self.invocations
        );
        let stream = self.connection.as_mut().unwrap().get_mut();
        stream
            .write_all(&[head.as_bytes(), payload].concat())
            .unwrap();
        self.waits_for_event = false;
    }

    /// Receives the next message of the bootstrap.
    pub(crate) fn receive(&mut self) -> Post {
        let (path, body) = self.request();
        self.connection
            .as_mut()
            .unwrap()
            .get_mut()
            .write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        let body = String::from_utf8(body).unwrap();
        let invocation = format!(
            "/2018-06-01/runtime/invocation/request-{}",
            self.invocations
        );
        match path.strip_prefix(&invocation) {
            Some("/response") => Post::Response(body),
            Some("/error") => Post::Error(body),
            _ if path == "/2018-06-01/runtime/init/error" => Post::InitError(body),
            _ => panic!("{path}: {body}"),
        }
    }

    /// Returns the process of the bootstrap.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Receives the next request, and returns its path and body.
    fn request(&mut self) -> (String, Vec<u8>) {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if self.connection.is_none() {
                self.connection = Some(self.accept(deadline));
            }
            match read_request(self.connection.as_mut().unwrap()).unwrap() {
                Some(request) => return request,
                // The bootstrap has closed this connection, and will open another one.
                None => self.connection = None,
            }
        }
    }

    fn accept(&mut self, deadline: Instant) -> BufReader<TcpStream> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).unwrap();
                    stream.set_nodelay(true).unwrap();
                    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
                    return BufReader::with_capacity(64 * 1024, stream);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    assert!(
                        Instant::now() < deadline,
                        "timed out: the bootstrap does not connect"
                    );
                    assert!(
                        self.child.try_wait().unwrap().is_none(),
                        "the bootstrap has exited"
                    );
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned())
            }
            None => break,
        };
    }
    assert!(
        !headers.contains_key("transfer-encoding"),
        "{path}: {headers:?}"
    );
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some((path, body)))
}
