/** Colours on stdout, where that is a terminal that shows them. picocolors by itself also colours what CI writes into a file. */
import { isatty } from "node:tty";
import pc from "picocolors";

/** File descriptor of stdout. Its stream's `isTTY` is undefined without a terminal, which picocolors takes for its own default. */
const STDOUT = 1;

export const colors = pc.createColors(isatty(STDOUT) && pc.isColorSupported);
