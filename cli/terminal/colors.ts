/** Colours on stdout, where that is a terminal that shows them. picocolors by itself also colours what CI writes into a file. */
import pc from "picocolors";

export const colors = pc.createColors(process.stdout.isTTY && pc.isColorSupported);
