//! The task definitions and clusters of a made-up month.

/// A task definition, and the cluster in which it runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Workload {
    pub(super) cluster: &'static str,
    pub(super) family: &'static str,
    pub(super) cpu: &'static str,
    pub(super) memory: &'static str,
}

const fn workload(
    cluster: &'static str,
    family: &'static str,
    cpu: &'static str,
    memory: &'static str,
) -> Workload {
    Workload {
        cluster,
        family,
        cpu,
        memory,
    }
}

pub(super) const WORKLOADS: [Workload; 8] = [
    workload("jobs", "nightly-etl", "1024", "2048"),
    workload("jobs", "invoices", "512", "1024"),
    workload("jobs", "geocoder", "2048", "8192"),
    workload("science", "train-model", "4096", "16384"),
    workload("science", "features", "1024", "4096"),
    workload("media", "thumbnails", "256", "512"),
    workload("media", "transcode", "4096", "8192"),
    workload("media", "subtitles", "512", "2048"),
];

/// Accounts and regions.
pub(super) const PLACES: [(&str, &str); 3] = [
    ("123456789012", "eu-west-1"),
    ("210987654321", "eu-west-1"),
    ("345678901234", "us-east-1"),
];
