//! The commands of exitwise as a WebAssembly module.
//!
//! A caller writes a request, as JSON, to the address that [`request`](exports::request) returns, and
//! calls [`answer`](exports::answer). Then the answer is a text at [`response`](exports::response):
//! the bytes that the command line prints, or an [`Error`](error::Error) as JSON. The package in
//! `npm/` does this.

mod answer;
mod compile;
mod editor;
mod error;
mod exports;
mod policies;
mod request;
mod rules;
