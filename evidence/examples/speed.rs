//! Speed.
#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::restriction)]
use exitwise_engine::Policy;
use exitwise_evidence::Batches;
use exitwise_evidence::backtest::*;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let (policy, _) =
        Policy::load(&std::fs::read_to_string("policies/default.toml").unwrap()).unwrap();
    let judges = [Judge::new(&policy, None)];
    let mut memory = Memory::new(&judges);
    let mut sum = Tally::default();
    let file = std::io::BufReader::with_capacity(262144, std::fs::File::open(path).unwrap());
    for batch in Batches::new(file) {
        let j = Judged::of(&judges, &mut memory, &batch.unwrap(), &"f".into());
        for t in j.tallies {
            sum.merge(t);
        }
    }
    eprintln!("{} {}", sum.failures, sum.unknown);
}
