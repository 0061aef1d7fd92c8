//! The functions that the module exports. A caller reads and writes the memory of the module, so they
//! pass addresses.
#![expect(unsafe_code, reason = "a caller finds these functions by their names")]

use crate::answer::answer as answer_to;
use std::cell::RefCell;

thread_local! {
    static REQUEST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static RESPONSE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Returns the address of this number of bytes, for a request.
#[unsafe(no_mangle)]
extern "C" fn request(length: usize) -> *mut u8 {
    REQUEST.with_borrow_mut(|request| {
        request.clear();
        request.resize(length, 0);
        request.as_mut_ptr()
    })
}

/// Answers the request. Returns whether the response is an error.
#[unsafe(no_mangle)]
extern "C" fn answer() -> bool {
    let request = REQUEST.take();
    let (response, is_error) = match answer_to(&request) {
        Ok(text) => (text, false),
        Err(error) => (error.json(), true),
    };
    RESPONSE.set(response);
    is_error
}

/// Returns the address of the response.
#[unsafe(no_mangle)]
extern "C" fn response() -> *const u8 {
    RESPONSE.with_borrow(|response| response.as_ptr())
}

/// Returns the number of bytes of the response.
#[unsafe(no_mangle)]
extern "C" fn response_length() -> usize {
    RESPONSE.with_borrow(|response| response.len())
}
