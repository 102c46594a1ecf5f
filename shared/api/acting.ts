import type { CommandOrigin } from "../commands/origin.ts";
import type { Decision, RecordChange } from "../domain/decision.ts";
import type { RecordTypes } from "../domain/model.ts";
import { ReceiptTaken } from "../store/receipts.ts";
import type { Store } from "../store/store.ts";
import { troubleOf } from "./failures.ts";
import type { ApiRequest, ApiResult, Caller, OperationSpec, Refused } from "./operation.ts";
import { type ProblemFacts, problemOf } from "./problem.ts";
import { type RequestReceipts, storedAnswer } from "./receipts.ts";

export interface ActingOptions {
  readonly spec: OperationSpec;
  readonly caller: Caller;
  readonly requestId: string;
  readonly store: Pick<Store, "readReceipt" | "commit">;
  /** Absent where the operation needs no idempotency key. */
  readonly receipts: RequestReceipts | undefined;
  /** One of several was refused; the whole request's refusal is the dispatcher's. */
  readonly onRefused: (refusal: ProblemFacts, id: string) => Promise<void>;
  readonly onChanged: (changes: readonly RecordChange[]) => void;
}

type Acting = Pick<ApiRequest, "act" | "actOnEach">;
type Result = { readonly id: string } & (
  | { readonly ok: true; readonly result: object }
  | { readonly ok: false; readonly problem: object }
);

/** How a request runs commands: as its caller, once per idempotency key. */
export function createActing(options: ActingOptions): Acting {
  const { spec, caller, requestId, store, receipts } = options;
  const { status } = spec.answer;

  function originOf<Value>(bodyOf: BodyOf<Value>, part?: string): CommandOrigin {
    const receipt = receipts?.plan((changes, value) => storedAnswer(status, bodyOf(changes, value as Value)), part);
    return {
      organizationId: caller.organizationId,
      actor: { type: "user", id: caller.subject, role: caller.role },
      correlationId: requestId,
      addressAllowed: caller.addressAllowed,
      ...(receipt === undefined ? {} : { receipt }),
    };
  }

  /** What an id of a bulk request came to before, if this is a repetition. */
  async function repeated(id: string): Promise<object | undefined> {
    if (receipts === undefined) return undefined;
    const receipt = await store.readReceipt(receipts.key(id));
    return receipt?.answer?.body === undefined ? undefined : (JSON.parse(receipt.answer.body) as object);
  }

  async function actOn<Value>(id: string, run: RunOn<Value>, bodyOf: BodyOf<Value>): Promise<Result> {
    const before = await repeated(id);
    if (before !== undefined) return { id, ok: true, result: before };
    let refusal: ProblemFacts;
    try {
      const decision = await run(id, originOf(bodyOf, id));
      if (decision.ok) {
        options.onChanged(decision.changes);
        return { id, ok: true, result: bodyOf(decision.changes, decision.value) };
      }
      refusal = decision.refusal;
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === undefined && !(error instanceof ReceiptTaken)) throw error;
      refusal = trouble?.facts ?? { code: "idempotency_key_in_use" };
    }
    // The same request at the same time may have been quicker: then its answer is this one's too.
    const meanwhile = await repeated(id);
    if (meanwhile !== undefined) return { id, ok: true, result: meanwhile };
    await options.onRefused(refusal, id);
    return { id, ok: false, problem: problemOf(refusal, requestId) };
  }

  /** Keeps an answer as a whole. What it tells of is done: that it can't be kept is no reason not to give it. */
  async function keep(body: object): Promise<void> {
    if (receipts === undefined) return;
    try {
      await store.commit([], { receipt: { ...receipts.opening(), answer: storedAnswer(status, body) } });
    } catch (error) {
      if (!(error instanceof ReceiptTaken) && troubleOf(error) === undefined) throw error;
    }
  }

  return {
    async act(run, bodyOf): Promise<ApiResult> {
      const decision = await run(originOf(bodyOf));
      if (!decision.ok) return decision;
      options.onChanged(decision.changes);
      return { ok: true, body: bodyOf(decision.changes, decision.value) };
    },

    async actOnEach(ids, run, bodyOf, found): Promise<ApiResult> {
      // The key is taken for this very list before anything is done under it.
      if (receipts !== undefined && (await store.readReceipt(receipts.key())) === undefined) {
        await store.commit([], { receipt: receipts.opening() });
      }
      const results: Result[] = [];
      for (const id of ids) results.push(await actOn(id, run, bodyOf));
      const succeeded = results.filter(({ ok }) => ok).length;
      const body = { results, summary: { succeeded, failed: results.length - succeeded }, ...found };
      // Ids that were looked for are others the next time: only the answer itself can be given again.
      if (found !== undefined) await keep(body);
      return { ok: true, body };
    },
  };
}

type BodyOf<Value> = (changes: readonly RecordChange[], value: Value) => object;
type RunOn<Value> = (id: string, origin: CommandOrigin) => Promise<Decision<Value> | Refused>;

/** The record of one kind as a decision leaves it; its id tells which where there are several. */
export function changedRecord<E extends keyof RecordTypes>(
  entity: E,
  changes: readonly RecordChange[],
  id?: string,
): RecordTypes[E] | undefined {
  const change = changes.find((each) => each.entity === entity && (id === undefined || each.after.id === id));
  return change === undefined ? undefined : (change.after as RecordTypes[E]);
}
