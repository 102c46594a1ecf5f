import { createChainRules, lineOf, type Verdict } from "./chain-rules.ts";
import { hashOf } from "./hash.ts";

/** Verifies an export of the audit log, one line of JSON per audit line; what is checked is said at `createChainRules`. */
export function createVerifier(): { add(text: string): void; verdict(): Verdict } {
  const rules = createChainRules();
  return {
    add(text) {
      if (text.trim() === "") return rules.skip();
      const line = lineOf(parsed(text));
      if (line === undefined) rules.addForeign();
      else rules.add(line, hashOf(line));
    },
    verdict: rules.verdict,
  };
}

/** The verdict on a whole export in one text. */
export function verifyAudit(text: string): Verdict {
  const verifier = createVerifier();
  for (const line of text.split("\n")) verifier.add(line);
  return verifier.verdict();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
