//! [`Program`]: the parts of a built program that are needed to follow its code.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};
use rustc_demangle::demangle;

/// The parts of a built program that are needed to follow its code.
pub(super) struct Program {
    functions: BTreeMap<u64, Function>,
    /// The addresses that the loader stores, each by its place.
    pointers: HashMap<u64, u64>,
}

struct Function {
    /// Its path, without generic arguments.
    name: String,
    code: Vec<u8>,
}

impl Program {
    pub(super) fn build() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("read_probe");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--release", "--locked", "--quiet"])
            .args(["--package", "left-right", "--example", "read_probe"])
            .arg("--manifest-path")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            // The probe is measured as users build it.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .status()
            .expect("cargo can be run");
        assert!(status.success(), "the probe does not build");
        Self::parse(target.join("release/examples/read_probe"))
    }

    fn parse(path: PathBuf) -> Self {
        let bytes = std::fs::read(path).expect("the probe was built");
        let file = object::File::parse(&*bytes).expect("an object file");
        let mut functions = BTreeMap::new();
        for symbol in file.symbols().filter(|symbol| symbol.size() > 0) {
            let (Ok(name), Some(section)) = (symbol.name(), symbol.section_index()) else {
                continue;
            };
            let section = file.section_by_index(section).expect("a section");
            if let Ok(Some(code)) = section.data_range(symbol.address(), symbol.size()) {
                let function = Function {
                    name: path_of(name),
                    code: code.to_owned(),
                };
                functions.insert(symbol.address(), function);
            }
        }
        let mut pointers = HashMap::new();
        for (place, relocation) in file.dynamic_relocations().into_iter().flatten() {
            if relocation.target() == RelocationTarget::Absolute {
                pointers.insert(place, relocation.addend() as u64);
            }
        }
        Program {
            functions,
            pointers,
        }
    }

    /// Returns the addresses of the functions of this crate, or of the probe, whose path ends with `end`. There is one
    /// for each set of generic arguments.
    ///
    /// # Panics
    /// If there is none. Functions of the standard library do not count.
    pub(super) fn addresses(&self, end: &str) -> Vec<u64> {
        let is_so = |path: &str| {
            path == end || (path.starts_with("left_right::") && path.ends_with(&format!("::{end}")))
        };
        let all = self.functions.iter();
        let found: Vec<_> = all
            .filter(|(_, function)| is_so(&function.name))
            .map(|(&address, _)| address)
            .collect();
        assert!(!found.is_empty(), "no function is called {end}");
        found
    }

    pub(super) fn decode(&self, function: &str) -> BTreeMap<u64, Instruction> {
        let &[address] = &*self.addresses(function) else {
            panic!("which {function}?");
        };
        Decoder::with_ip(
            64,
            &self.functions[&address].code,
            address,
            DecoderOptions::NONE,
        )
        .iter()
        .map(|instruction| (instruction.ip(), instruction))
        .collect()
    }

    /// Returns the target of a call, or of a jump to another function.
    pub(super) fn target(&self, instruction: &Instruction) -> Option<u64> {
        match instruction.flow_control() {
            FlowControl::Call
            | FlowControl::UnconditionalBranch
            | FlowControl::ConditionalBranch => Some(instruction.near_branch_target()),
            _ if instruction.is_ip_rel_memory_operand() => {
                let place = instruction.ip_rel_memory_address();
                self.pointers.get(&place).copied()
            }
            _ => None,
        }
    }

    /// Returns the path of the function at this address.
    pub(super) fn name(&self, address: Option<u64>) -> &str {
        address
            .and_then(|address| self.functions.get(&address))
            .map_or("unknown", |function| &function.name)
    }
}

/// Returns the path that a symbol stands for, as it is written, without generic arguments.
///
/// `<krate::Type<u64>>::method::<u64>`, as newer compilers write it, becomes `krate::Type::method`.
fn path_of(symbol: &str) -> String {
    let full = format!("{:#}", demangle(symbol));
    // A method of a trait keeps its full name, since no caller looks for one.
    if full.contains(" as ") {
        return full;
    }
    let inner = match full
        .strip_prefix('<')
        .and_then(|rest| rest.rsplit_once(">::"))
    {
        Some((of, method)) => format!("{of}::{method}"),
        None => full,
    };
    let mut path = String::new();
    let mut depth = 0;
    for c in inner.chars() {
        depth += i32::from(c == '<');
        if depth == 0 {
            path.push(c);
        }
        depth -= i32::from(c == '>');
    }
    path.trim_end_matches("::").replace("::::", "::")
}

#[test]
fn both_ways_to_mangle_a_name_give_one_path() {
    for symbol in [
        "_ZN10left_right8protocol4slot4Slot4nest17h10eb8a70a4c01641E",
        "_RNvMs_NtNtCs1234_10left_right8protocol4slotNtB4_4Slot4nest",
    ] {
        assert_eq!(path_of(symbol), "left_right::protocol::slot::Slot::nest");
    }
    for symbol in [
        "_ZN10left_right8protocol5enter12enter_fenced17h3f9e86ca3e11b047E",
        "_RINvNtNtCs1234_10left_right8protocol5enter12enter_fencedyEB6_",
    ] {
        assert_eq!(path_of(symbol), "left_right::protocol::enter::enter_fenced");
    }
}
