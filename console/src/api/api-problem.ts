import type { components } from "../../../client/api-types.ts";

export type Problem = components["schemas"]["Problem"];

/** A refusal of the API, with its stable code and what can be done about it. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** The network failed before an answer came: it isn't known whether anything was done. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

/** The token isn't taken, or not any more: the gateway refuses it before the API could say why. */
export class NotSignedIn extends Error {
  override readonly name = "NotSignedIn";
}

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The answer's body. Throws `ApiProblem` where the API refuses, `NotSignedIn` where it doesn't know who asks, and `NoAnswer`
 * where nothing came back.
 */
export async function answerOf<Data>(request: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await request.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new NoAnswer("The API can't be reached.", { cause });
  });
  if (data !== undefined) return data;
  if (response.status === 401) throw new NotSignedIn("Your session has ended: sign in again.");
  if (isProblem(error)) throw new ApiProblem(error);
  throw new Error(`the API answered ${response.status} without saying why`);
}

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && "title" in error;
}
