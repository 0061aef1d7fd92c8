//! `zip-bootstrap BOOTSTRAP ARCHIVE` writes the deployment package of a custom runtime: an archive
//! of one executable file, named `bootstrap`.
//!
//! The same file always gives the same archive, byte for byte, because the archive contains no
//! current time, no owner and no path.

use std::error::Error;
use std::io::{Cursor, Write};
use std::{env, fs};
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [bootstrap, archive] = arguments.as_slice() else {
        return Err("usage: zip-bootstrap BOOTSTRAP ARCHIVE".into());
    };
    let options = SimpleFileOptions::default()
        .unix_permissions(0o755)
        .last_modified_time(DateTime::default())
        .compression_level(Some(15));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", options)?;
    zip.write_all(&fs::read(bootstrap)?)?;
    fs::write(archive, zip.finish()?.into_inner())?;
    Ok(())
}
