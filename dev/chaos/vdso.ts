/**
 * Sets the clock of one running program, of Linux on x86-64. Containers share the clock of their kernel, no namespace has one of its own, and
 * Go programs read it without the C library, where libfaketime would be. They call the function `__vdso_clock_gettime` that
 * the kernel maps into each process: its first instruction is made a jump to one that adds seconds. Pure.
 */

const SYMBOL = "__vdso_clock_gettime";
/** Length of `jmp rel32`. */
const JUMP = 5;
/** Where our instructions are: the last bytes of the mapping, which the linker leaves empty. */
const CAVE = 32;

/** Bytes to write into the program's memory, at an offset from the start of its vDSO. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * What has to be written, in this order, so that the wall clock is off by so many seconds. The monotonic clock stays.
 *
 * @param image the program's vDSO, as it is mapped, patched or not
 * @param seconds less than 2³¹; negative: back; 0: as the kernel's
 * @throws Error when it isn't a vDSO of x86-64, or has no room left
 */
export function clockPatches(image: Buffer, seconds: number): Patch[] {
  const entry = symbolAt(image);
  const cave = image.length - CAVE;
  const jump = Buffer.alloc(JUMP);
  jump.writeUInt8(0xe9);
  jump.writeInt32LE(cave - (entry + JUMP), 1);
  const patched = image.subarray(entry, entry + JUMP).equals(jump);
  if (!patched && image.subarray(cave).some((byte) => byte !== 0)) throw new Error("the vDSO has no room left");
  const code = { offset: cave, bytes: instructions(seconds) };
  return patched ? [code] : [code, { offset: entry, bytes: jump }];
}

function instructions(seconds: number): Buffer {
  const add = Buffer.from([0x48, 0x81, 0x06, 0, 0, 0, 0]);
  add.writeInt32LE(seconds, 3);
  return Buffer.concat([
    // mov eax, SYS_clock_gettime; syscall
    Buffer.from([0xb8, 228, 0, 0, 0, 0x0f, 0x05]),
    // test eax, eax; jnz to ret; test edi, edi (CLOCK_REALTIME is 0); jnz to ret
    Buffer.from([0x85, 0xc0, 0x75, 0x0b, 0x85, 0xff, 0x75, 0x07]),
    // add qword [rsi], seconds; ret
    add,
    Buffer.from([0xc3]),
  ]);
}

/** Offset of the function: from the ELF file's table of dynamic symbols. */
function symbolAt(image: Buffer): number {
  const isX64 = image.length > 64 && image.readUInt32BE(0) === 0x7f454c46 && image.readUInt16LE(18) === 62;
  if (!isX64) throw new Error("this is no vDSO of x86-64");
  const [headers, size, count] = [Number(image.readBigUInt64LE(32)), image.readUInt16LE(54), image.readUInt16LE(56)];
  const segments = Array.from({ length: count }, (_, i) =>
    image.subarray(headers + i * size, headers + (i + 1) * size),
  );
  const address = (segment: Buffer): number => Number(segment.readBigUInt64LE(16));
  const dynamic = segments.find((segment) => segment.readUInt32LE(0) === 2);
  const load = segments.find((segment) => segment.readUInt32LE(0) === 1);
  if (dynamic === undefined || load === undefined) throw new Error("the vDSO has no dynamic section");
  const base = address(load);
  const tags = new Map<number, number>();
  const [start, length] = [address(dynamic) - base, Number(dynamic.readBigUInt64LE(32))];
  for (let at = start; at + 16 <= start + length; at += 16) {
    tags.set(Number(image.readBigUInt64LE(at)), Number(image.readBigUInt64LE(at + 8)));
  }
  const strings = (tags.get(5) ?? 0) - base;
  // The linker puts the strings behind the symbols.
  for (let at = (tags.get(6) ?? 0) - base; at + 24 <= strings; at += 24) {
    const name = strings + image.readUInt32LE(at);
    if (image.toString("latin1", name, name + SYMBOL.length + 1) === `${SYMBOL}\0`) {
      return Number(image.readBigUInt64LE(at + 8)) - base;
    }
  }
  throw new Error(`the vDSO has no ${SYMBOL}`);
}
