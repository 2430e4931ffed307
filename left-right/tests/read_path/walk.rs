//! [`HotPath`]: a function's code without the edges into cold functions.

use std::collections::{BTreeMap, BTreeSet};

use iced_x86::{
    FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register,
    UsedMemory,
};

use super::program::Program;

/// What a read must not do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Loop,
    ReadModifyWrite,
    Fence,
    SystemCall,
    Call(String),
    NoReturn,
}

/// A function's code without the edges into cold functions.
#[derive(Debug, Default)]
pub(super) struct HotPath {
    pub(super) faults: BTreeSet<Fault>,
    pub(super) instructions: usize,
    /// Stores to memory other than the function's own stack.
    pub(super) stores: usize,
    /// Read-modify-write instructions.
    pub(super) locked: usize,
    pub(super) fences: usize,
    /// The mnemonics of its instructions.
    pub(super) mnemonics: BTreeSet<String>,
    /// The cold functions that it leaves out.
    pub(super) cold: BTreeSet<&'static str>,
}

impl HotPath {
    /// Walks the code of `function` without the edges into the functions of `cold`.
    ///
    /// # Panics
    /// If no function has one of the names.
    pub(super) fn walk(program: &Program, function: &str, cold: &[&'static str]) -> Self {
        let code = program.decode(function);
        let (&entry, _) = code.first_key_value().expect("code");
        let mut walk = Walk {
            program,
            code: &code,
            cold: cold
                .iter()
                .flat_map(|&name| {
                    program
                        .addresses(name)
                        .into_iter()
                        .map(move |at| (at, name))
                })
                .collect(),
            state: BTreeMap::new(),
            path: HotPath::default(),
        };
        if !walk.visit(entry) {
            walk.path.faults.insert(Fault::NoReturn);
        }
        walk.path
    }
}

struct Walk<'a> {
    program: &'a Program,
    code: &'a BTreeMap<u64, Instruction>,
    /// The cold functions, each by its address.
    cold: BTreeMap<u64, &'static str>,
    /// Whether each instruction is on the current path from the entry, and whether it can return.
    state: BTreeMap<u64, (bool, bool)>,
    path: HotPath,
}

impl Walk<'_> {
    /// Returns the cold function that the code from `at` on calls, before it branches or calls any other function.
    fn cold_call_from(&self, mut at: u64) -> Option<&'static str> {
        for _ in 0..self.code.len() {
            let instruction = self.code.get(&at)?;
            if self.leaves(instruction) {
                let callee = self.program.target(instruction)?;
                return self.cold.get(&callee).copied();
            }
            at = match instruction.flow_control() {
                FlowControl::Next => instruction.next_ip(),
                FlowControl::UnconditionalBranch => instruction.near_branch_target(),
                _ => return None,
            };
        }
        None
    }

    /// Returns whether the instruction calls another function, or jumps into one.
    fn leaves(&self, instruction: &Instruction) -> bool {
        match instruction.flow_control() {
            FlowControl::Call | FlowControl::IndirectCall | FlowControl::IndirectBranch => true,
            FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
                !self.code.contains_key(&instruction.near_branch_target())
            }
            _ => false,
        }
    }

    /// Follows the code from `at`. Returns whether it can return.
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
            // A jump into another function, which returns to our caller. `inspect` has recorded it.
            FlowControl::IndirectBranch => true,
            FlowControl::UnconditionalBranch if self.leaves(&instruction) => true,
            FlowControl::UnconditionalBranch => self.visit(instruction.near_branch_target()),
            FlowControl::ConditionalBranch => {
                let sides = [next, instruction.near_branch_target()];
                let mut returns = false;
                for side in sides {
                    // A side that leads to a cold call is left out.
                    match self.cold_call_from(side) {
                        Some(name) => _ = self.path.cold.insert(name),
                        None => returns |= self.visit(side),
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
        assert!(!instruction.is_invalid(), "cannot be decoded");
        let path = &mut self.path;
        path.instructions += 1;
        path.mnemonics
            .insert(format!("{:?}", instruction.mnemonic()));
        if instruction.has_lock_prefix()
            || (instruction.mnemonic() == Mnemonic::Xchg
                && (0..2).any(|operand| instruction.op_kind(operand) == OpKind::Memory))
        {
            path.locked += 1;
            path.faults.insert(Fault::ReadModifyWrite);
        }
        if instruction.has_rep_prefix() || instruction.has_repne_prefix() {
            path.faults.insert(Fault::Loop);
        }
        match instruction.mnemonic() {
            Mnemonic::Mfence | Mnemonic::Lfence | Mnemonic::Sfence => {
                path.fences += 1;
                path.faults.insert(Fault::Fence);
            }
            Mnemonic::Syscall | Mnemonic::Int | Mnemonic::Sysenter => {
                path.faults.insert(Fault::SystemCall);
            }
            _ => {}
        }
        let mut infos = InstructionInfoFactory::new();
        let memory = infos.info(instruction).used_memory();
        path.stores += memory.iter().filter(|used| is_store(used)).count();
        if self.leaves(instruction) {
            let callee = self.program.name(self.program.target(instruction));
            self.path.faults.insert(Fault::Call(callee.to_owned()));
        }
    }
}

/// Returns whether it writes, or may write, to memory other than the function's own stack.
fn is_store(used: &UsedMemory) -> bool {
    let writes = matches!(
        used.access(),
        OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
    );
    let is_own = used.base() == Register::RSP && used.segment() == Register::SS;
    writes && !is_own
}
