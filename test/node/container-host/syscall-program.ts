/** Numbers of system calls on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl). */
export const SYSCALLS = {
  sched_yield: 24,
  socket: 41,
  ptrace: 101,
  mount: 165,
  add_key: 248,
  keyctl: 250,
  unshare: 272,
  perf_event_open: 298,
  process_vm_readv: 310,
  process_vm_writev: 311,
  kcmp: 312,
  bpf: 321,
  userfaultfd: 323,
  io_uring_setup: 425,
  open_tree: 428,
  fsopen: 430,
  clone3: 435,
  pidfd_getfd: 438,
};

const BASE = 0x400000;
const HEADERS_BYTES = 64 + 56;

/**
 * A static x86-64 program (ELF) that makes one system call, whose first argument is `argument` and whose others are zero,
 * and exits with the number of the error; 0: the call succeeded.
 */
export function makeSyscallProgram(number: number, argument: number): Buffer {
  const code = Buffer.concat([
    Buffer.from("b8", "hex"), // mov eax, number
    toBytes(number),
    Buffer.from("bf", "hex"), // mov edi, argument
    toBytes(argument),
    Buffer.from("31f631d2", "hex"), // xor esi, esi; xor edx, edx
    Buffer.from("4d31d24d31c04d31c9", "hex"), // xor r10, r10; xor r8, r8; xor r9, r9
    Buffer.from("0f05", "hex"), // syscall
    Buffer.from("31ff85c07904", "hex"), // xor edi, edi; test eax, eax; jns over the next two
    Buffer.from("f7d889c7", "hex"), // neg eax; mov edi, eax
    Buffer.from("b83c0000000f05", "hex"), // exit(edi)
  ]);
  const size = HEADERS_BYTES + code.length;
  const headers = Buffer.alloc(HEADERS_BYTES);
  // ELF header: 64 bits, little endian, executable, x86-64.
  headers.write("\x7fELF\x02\x01\x01", "latin1");
  headers.writeUInt16LE(2, 16);
  headers.writeUInt16LE(62, 18);
  headers.writeUInt32LE(1, 20);
  headers.writeBigUInt64LE(BigInt(BASE + HEADERS_BYTES), 24);
  headers.writeBigUInt64LE(64n, 32);
  headers.writeUInt16LE(64, 52);
  headers.writeUInt16LE(56, 54);
  headers.writeUInt16LE(1, 56);
  // Program header: load everything, readable and executable.
  headers.writeUInt32LE(1, 64);
  headers.writeUInt32LE(5, 68);
  headers.writeBigUInt64LE(BigInt(BASE), 80);
  headers.writeBigUInt64LE(BigInt(BASE), 88);
  headers.writeBigUInt64LE(BigInt(size), 96);
  headers.writeBigUInt64LE(BigInt(size), 104);
  headers.writeBigUInt64LE(4096n, 112);
  return Buffer.concat([headers, code]);
}

function toBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
