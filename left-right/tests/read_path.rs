//! The read path, as machine code: no loop, no lock, no fence, no call, three stores.
//!
//! Builds `examples/read_probe.rs` in release, disassembles its probes, and walks their control
//! flow from entry to return without the edges into the cold functions: a nested guard, and a
//! pointer whose tag asks the reader for a fence of its own.
#![cfg(all(target_arch = "x86_64", target_os = "linux", not(loom), not(mutants)))]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register,
};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget};

/// The functions that a read calls only when it is nested or was told to fence.
const COLD: [&str; 3] = ["settle_again", "leave_otherwise", "load_fenced"];
/// Those that a read through the thread's list calls when it is the thread's first one, or the thread ends.
const FIRST: [&str; 3] = ["first_read", "one_off", "destructors"];

/// What a read must not do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Loop,
    ReadModifyWrite,
    Fence,
    SystemCall,
    Call(String),
    NoReturn,
}

#[test]
fn a_read_has_no_loop_lock_fence_or_call_and_stores_three_times() {
    let program = Program::build();
    for (probe, most) in [
        ("probe_guard", 40),
        ("probe_with", 40),
        ("probe_shared", 60),
    ] {
        let path = HotPath::walk(&program, probe);
        assert_eq!(path.faults, BTreeSet::new(), "{probe}");
        assert_eq!(path.stores, 3, "{probe}");
        assert!(path.instructions < most, "{probe}: {}", path.instructions);
    }
}

/// The control: what the check looks for is found where it is.
#[test]
fn the_check_finds_locks_and_loops_where_they_are() {
    let program = Program::build();
    let locking = HotPath::walk(&program, "probe_locking").faults;
    assert!(locking.contains(&Fault::ReadModifyWrite), "{locking:?}");
    let looping = HotPath::walk(&program, "probe_looping").faults;
    assert!(looping.contains(&Fault::Loop), "{looping:?}");
    let cold = program.symbol("load_fenced");
    let fenced = HotPath::walk(&program, &cold).faults;
    assert!(
        fenced.contains(&Fault::ReadModifyWrite) || fenced.contains(&Fault::Fence),
        "the cold path pays for the order: {fenced:?}"
    );
}

/// A built program, as far as it is needed to follow its code.
struct Program {
    functions: HashMap<String, (u64, Vec<u8>)>,
    names: BTreeMap<u64, String>,
    /// Where the loader puts which address.
    pointers: HashMap<u64, u64>,
}

impl Program {
    fn build() -> Self {
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
        let mut functions = HashMap::new();
        let mut names = BTreeMap::new();
        for symbol in file.symbols().filter(|symbol| symbol.size() > 0) {
            let (Ok(name), Some(section)) = (symbol.name(), symbol.section_index()) else {
                continue;
            };
            let section = file.section_by_index(section).expect("a section");
            if let Ok(Some(code)) = section.data_range(symbol.address(), symbol.size()) {
                names.insert(symbol.address(), name.to_owned());
                functions.insert(name.to_owned(), (symbol.address(), code.to_owned()));
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
            names,
            pointers,
        }
    }

    /// The one function whose name contains this.
    fn symbol(&self, part: &str) -> String {
        let mut found = self.functions.keys().filter(|name| name.contains(part));
        let name = found.next().unwrap_or_else(|| panic!("no function {part}"));
        name.clone()
    }

    fn decode(&self, function: &str) -> BTreeMap<u64, Instruction> {
        let (address, code) = &self.functions[function];
        Decoder::with_ip(64, code, *address, DecoderOptions::NONE)
            .iter()
            .map(|instruction| (instruction.ip(), instruction))
            .collect()
    }

    /// The name of what is called.
    fn callee(&self, call: &Instruction) -> String {
        let address = match call.flow_control() {
            FlowControl::Call => Some(call.near_branch_target()),
            _ if call.is_ip_rel_memory_operand() => {
                self.pointers.get(&call.ip_rel_memory_address()).copied()
            }
            _ => None,
        };
        address
            .and_then(|address| self.names.get(&address))
            .map_or_else(|| "unknown".to_owned(), Clone::clone)
    }
}

/// A function's code without the edges into cold functions.
#[derive(Default)]
struct HotPath {
    faults: BTreeSet<Fault>,
    instructions: usize,
    /// Stores to memory other than the function's own stack.
    stores: usize,
}

impl HotPath {
    fn walk(program: &Program, function: &str) -> Self {
        let code = program.decode(function);
        let (&entry, _) = code.first_key_value().expect("code");
        let mut walk = Walk {
            program,
            code: &code,
            cold: BTreeSet::new(),
            state: BTreeMap::new(),
            path: HotPath::default(),
        };
        // A conditional jump's side that runs into a cold call is no edge.
        while let Some(call) = walk.find_cold_call(entry) {
            walk.cold.insert(call);
        }
        if !walk.visit(entry) {
            walk.path.faults.insert(Fault::NoReturn);
        }
        walk.path
    }
}

struct Walk<'a> {
    program: &'a Program,
    code: &'a BTreeMap<u64, Instruction>,
    /// First instructions of stretches of code that end in a call of a cold function.
    cold: BTreeSet<u64>,
    /// Whether the instruction is on the way down from the entry now, and whether it returns.
    state: BTreeMap<u64, (bool, bool)>,
    path: HotPath,
}

impl Walk<'_> {
    /// The first instruction of a straight stretch, entered by a jump, that calls a cold function.
    fn find_cold_call(&self, entry: u64) -> Option<u64> {
        let mut seen = BTreeSet::new();
        let mut open = vec![entry];
        while let Some(start) = open.pop() {
            let mut at = start;
            while seen.insert(at) {
                let Some(instruction) = self.code.get(&at) else {
                    break;
                };
                if self.is_cold_call(instruction) {
                    return Some(start);
                }
                match instruction.flow_control() {
                    FlowControl::ConditionalBranch => {
                        for next in [instruction.near_branch_target(), instruction.next_ip()] {
                            if !self.cold.contains(&next) {
                                open.push(next);
                            }
                        }
                        break;
                    }
                    FlowControl::UnconditionalBranch => {
                        open.push(instruction.near_branch_target());
                        break;
                    }
                    FlowControl::Return => break,
                    _ => at = instruction.next_ip(),
                }
            }
        }
        None
    }

    fn is_cold_call(&self, instruction: &Instruction) -> bool {
        let is_call = matches!(
            instruction.flow_control(),
            FlowControl::Call | FlowControl::IndirectCall
        );
        let callee = || self.program.callee(instruction);
        let mut cold = COLD.iter().chain(&FIRST);
        is_call && cold.any(|cold| callee().contains(cold))
    }

    /// Follows the code from `at`; whether it can return.
    fn visit(&mut self, at: u64) -> bool {
        if let Some(&(is_open, returns)) = self.state.get(&at) {
            if is_open {
                self.path.faults.insert(Fault::Loop);
            }
            return returns;
        }
        let Some(&instruction) = self.code.get(&at) else {
            return false;
        };
        self.state.insert(at, (true, false));
        self.inspect(&instruction);
        let next = instruction.next_ip();
        let returns = match instruction.flow_control() {
            FlowControl::Return => true,
            FlowControl::UnconditionalBranch => self.visit(instruction.near_branch_target()),
            FlowControl::ConditionalBranch => {
                let sides = [next, instruction.near_branch_target()];
                let mut returns = false;
                for side in sides {
                    if !self.cold.contains(&side) {
                        returns |= self.visit(side);
                    }
                }
                returns
            }
            FlowControl::Exception | FlowControl::Interrupt => false,
            _ => self.visit(next),
        };
        self.state.insert(at, (false, returns));
        returns
    }

    fn inspect(&mut self, instruction: &Instruction) {
        let path = &mut self.path;
        path.instructions += 1;
        let first_is_memory =
            instruction.op_count() > 0 && instruction.op0_kind() == OpKind::Memory;
        if instruction.has_lock_prefix()
            || (instruction.mnemonic() == Mnemonic::Xchg
                && (0..2).any(|operand| instruction.op_kind(operand) == OpKind::Memory))
        {
            path.faults.insert(Fault::ReadModifyWrite);
        }
        match instruction.mnemonic() {
            Mnemonic::Mfence | Mnemonic::Lfence | Mnemonic::Sfence => {
                path.faults.insert(Fault::Fence);
            }
            Mnemonic::Syscall | Mnemonic::Int | Mnemonic::Sysenter => {
                path.faults.insert(Fault::SystemCall);
            }
            Mnemonic::Mov if first_is_memory && instruction.memory_base() != Register::RSP => {
                path.stores += 1;
            }
            _ => {}
        }
        if matches!(
            instruction.flow_control(),
            FlowControl::Call | FlowControl::IndirectCall
        ) {
            path.faults
                .insert(Fault::Call(self.program.callee(instruction)));
        }
        assert_ne!(instruction.code(), Code::INVALID, "cannot be decoded");
    }
}
