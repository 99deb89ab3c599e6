import { messageOf } from "../../components/message";

/** Does the work of a step. @returns why it failed, in words */
export async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
