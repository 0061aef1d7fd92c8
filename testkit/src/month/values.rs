//! What differs from event to event: identifiers, addresses, times, numbers.

use super::workload::{PLACES, WORKLOADS, Workload};
use fastrand::Rng;
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

/// A place in a text whose value differs from event to event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    Account,
    Bytes,
    Digest,
    Digit,
    FileSystem,
    Hex,
    Image,
    Instance,
    Ip,
    Number,
    Port,
    Region,
    Repository,
    Secret,
    Subnet,
    Tag,
    Task,
    Time,
    Uuid,
}

impl Placeholder {
    /// Returns the placeholder that a text of the table of kinds writes as `{name}`.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "account" => Self::Account,
            "bytes" => Self::Bytes,
            "digest" => Self::Digest,
            "digit" => Self::Digit,
            "file_system" => Self::FileSystem,
            "hex" => Self::Hex,
            "image" => Self::Image,
            "instance" => Self::Instance,
            "ip" => Self::Ip,
            "number" => Self::Number,
            "port" => Self::Port,
            "region" => Self::Region,
            "repository" => Self::Repository,
            "secret" => Self::Secret,
            "subnet" => Self::Subnet,
            "tag" => Self::Tag,
            "task" => Self::Task,
            "time" => Self::Time,
            "uuid" => Self::Uuid,
            _ => return None,
        })
    }
}

/// The values of one event. Those that ECS repeats within an event, such as the task's id, stay the
/// same.
#[derive(Debug)]
pub(super) struct Values<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) account: &'static str,
    pub(super) region: &'static str,
    pub(super) workload: Workload,
    pub(super) task: String,
    pub(super) image: String,
    pub(super) tag: String,
    pub(super) subnet: String,
    /// When the task stopped, in milliseconds since 1970.
    pub(super) stopped_at: u64,
}

impl<'a> Values<'a> {
    pub(super) fn draw(rng: &'a mut Rng, stopped_at: u64) -> Self {
        let (account, region) = pick(rng, &PLACES);
        let workload = pick(rng, &WORKLOADS);
        let tag = format!("{}.{}.{}", rng.u8(1..4), rng.u8(0..20), rng.u8(0..40));
        let task = format!("{:032x}", rng.u128(..));
        // A network has few subnets.
        let subnet = format!("subnet-{:017x}", 0x0a1b_2c3d_4e5f_6071_u64 + rng.u64(0..6));
        let family = workload.family;
        Self {
            account,
            region,
            workload,
            task,
            image: format!("{account}.dkr.ecr.{region}.amazonaws.com/{family}:{tag}"),
            tag,
            subnet,
            stopped_at,
            rng,
        }
    }

    /// Returns a value of this kind.
    pub(super) fn text(&mut self, placeholder: Placeholder) -> String {
        let mut text = String::new();
        self.push(placeholder, &mut text);
        text
    }

    /// Appends a value of this kind to the text.
    #[expect(clippy::unwrap_used, reason = "writing to a String cannot fail")]
    pub(super) fn push(&mut self, placeholder: Placeholder, text: &mut String) {
        let rng = &mut *self.rng;
        match placeholder {
            Placeholder::Account => text.push_str(self.account),
            Placeholder::Region => text.push_str(self.region),
            Placeholder::Repository => text.push_str(self.workload.family),
            Placeholder::Image => text.push_str(&self.image),
            Placeholder::Tag => text.push_str(&self.tag),
            Placeholder::Task => text.push_str(&self.task),
            Placeholder::Subnet => text.push_str(&self.subnet),
            Placeholder::Bytes => write!(text, "{}", rng.u64(1 << 10..1 << 36)).unwrap(),
            Placeholder::Digit => write!(text, "{}", rng.u8(1..8)).unwrap(),
            Placeholder::Number => write!(text, "{}", rng.u16(10..10_000)).unwrap(),
            Placeholder::Port => write!(text, "{}", rng.u16(1_024..)).unwrap(),
            Placeholder::Hex => write!(text, "{:032x}", rng.u128(..)).unwrap(),
            Placeholder::Digest => {
                write!(text, "sha256:{:032x}{:032x}", rng.u128(..), rng.u128(..)).unwrap();
            }
            Placeholder::Uuid => {
                let bits = rng.u128(..) & !(0xf << 76 | 3 << 62) | 4 << 76 | 2 << 62;
                let [a, b, c, d] = [96, 80, 64, 48].map(|shift| bits >> shift & 0xffff);
                let a = bits >> 112 << 16 | a;
                let e = bits & 0xffff_ffff_ffff;
                write!(text, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}").unwrap();
            }
            Placeholder::Ip => {
                let [a, b, c, d] = rng.u32(..).to_be_bytes();
                write!(text, "{}.{b}.{c}.{d}", a % 200 + 11).unwrap();
            }
            Placeholder::FileSystem => write!(text, "fs-{:017x}", rng.u64(..)).unwrap(),
            Placeholder::Instance => write!(text, "i-{:017x}", rng.u64(..)).unwrap(),
            Placeholder::Secret => {
                let Self {
                    account, region, ..
                } = *self;
                let family = self.workload.family;
                let suffix = (0..6).map(|_| rng.alphanumeric()).collect::<String>();
                write!(
                    text,
                    "arn:aws:secretsmanager:{region}:{account}:secret:{family}/db-{suffix}"
                )
                .unwrap();
            }
            Placeholder::Time => {
                let earlier = rng.u64(0..600_000);
                text.push_str(&iso(self.stopped_at - earlier));
            }
        }
    }
}

/// Returns one of the elements.
#[expect(clippy::indexing_slicing, reason = "the index is within the array")]
pub(super) fn pick<T: Copy, const N: usize>(rng: &mut Rng, from: &[T; N]) -> T {
    from[rng.usize(..N)]
}

/// Returns milliseconds since 1970 as EventBridge writes times.
pub(super) fn iso(milliseconds: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(milliseconds)).to_string()
}
