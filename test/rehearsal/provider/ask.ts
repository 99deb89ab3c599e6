/** Asks the simulated AWS. */
import { request } from "node:http";
import { SOCKET_VARIABLE, type Answer, type Question } from "./protocol";

/**
 * One question.
 *
 * @throws Error with what AWS said, or that nobody answers
 */
export function ask(question: Question): Promise<Exclude<Answer, { readonly error: string }>> {
  const socketPath = process.env[SOCKET_VARIABLE];
  if (socketPath === undefined || socketPath === "")
    return Promise.reject(new Error(`${SOCKET_VARIABLE} isn't set: this plugin only works in a rehearsal`));
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: "POST", path: "/", agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          const answer = JSON.parse(Buffer.concat(chunks).toString()) as Answer;
          if ("error" in answer) reject(new Error(answer.error));
          else resolve(answer);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    asked.on("error", (error) => {
      reject(new Error(`the simulated AWS doesn't answer at ${socketPath}: ${error.message}`));
    });
    asked.end(JSON.stringify(question));
  });
}
