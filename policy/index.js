// The CLI runs plain Node.js here: tsx, as for the program itself.
require("tsx/cjs");
require("./pack.ts");
