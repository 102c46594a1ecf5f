/** EventBridge buses: patterns, targets, retries and dead-letter queues, as the template's rules say. */
import { randomUUID } from "node:crypto";
import type { BusEntry, Busy, EventBus, FunctionRuntime, HostContext, Queues, WorkflowRuntime } from "../contracts.ts";
import type { RuleModel, RuleTargetModel } from "../template/model.ts";
import { DurableWork, type NewWork, type WorkItem, type WorkOutcome } from "./durable-work.ts";
import { compilePattern, type Matcher } from "./pattern.ts";
import { rateMs, scheduleRates } from "./rate-rules.ts";
import { type BuildInput, compileTargetInput } from "./target-input.ts";

/** Switched at run time; each is used up after `count` deliveries (absent: until cleared). */
export interface BusFault {
  readonly detailType?: string;
  /** Deliver each matching event this many times more. */
  readonly duplicates?: number;
  /** Deliver in another order than published. */
  readonly shuffle?: boolean;
  readonly delaySeconds?: number;
  readonly count?: number;
}

export interface BusOptions {
  readonly context: HostContext;
  readonly account: string;
  readonly region: string;
  readonly rules: readonly RuleModel[];
  readonly functions: FunctionRuntime;
  readonly workflows: WorkflowRuntime;
  readonly queues: Queues;
}

export interface LocalEventBus extends EventBus, Busy {
  start(): void;
  stop(): Promise<void>;
  waiting(): number;
  addFault(fault: BusFault): void;
  clearFaults(): void;
}

interface CompiledRule {
  readonly model: RuleModel;
  readonly matches: Matcher | undefined;
}

interface CompiledTarget {
  readonly rule: RuleModel;
  readonly model: RuleTargetModel;
  readonly buildInput: BuildInput;
}

interface Delivery {
  readonly target: string;
  readonly input: string;
}

/** Deliveries to one target that run at once. */
const CONCURRENCY = 4;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10 * 60_000;

/** A failure which another try cannot mend. */
class Undeliverable extends Error {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export function createEventBus(options: BusOptions): LocalEventBus {
  const { context, account, region } = options;
  const rules: CompiledRule[] = [];
  const targets = new Map<string, CompiledTarget>();
  for (const model of options.rules.filter(({ enabled }) => enabled)) {
    const where = `${model.stack}/${model.logicalId}`;
    // Both are compiled now, so that one which isn't understood stops the start.
    if (model.scheduleExpression !== undefined) rateMs(model.scheduleExpression);
    rules.push({ model, matches: model.pattern && compilePattern(model.pattern, where) });
    for (const target of model.targets) {
      if (!/^arn:[\w-]+:(lambda|states|sqs):/.test(target.arn)) {
        throw new Error(`${where}: a target ${target.arn} is not emulated`);
      }
      targets.set(targetKey(model, target), { rule: model, model: target, buildInput: compileTargetInput(target) });
    }
  }
  const work = new DurableWork({ context, kind: "bus-delivery", concurrency: () => CONCURRENCY, run: deliver });
  let faults: { fault: BusFault; left: number }[] = [];
  let stopRates = () => {};

  async function deliver(item: WorkItem): Promise<WorkOutcome> {
    const target = targets.get(item.lane);
    if (target === undefined) {
      context.log("a delivery for a target that no longer exists was dropped", { target: item.lane });
      return { done: true };
    }
    const { input } = JSON.parse(item.body) as Delivery;
    try {
      await send(target.model, input);
      return { done: true };
    } catch (error) {
      return retryOrGiveUp(item, target, input, error instanceof Error ? error : new Error(String(error)));
    }
  }

  function retryOrGiveUp(item: WorkItem, target: CompiledTarget, input: string, error: Error): WorkOutcome {
    const { retry, deadLetterArn } = target.model;
    const retryAtMs = context.clock.now() + Math.min(FIRST_RETRY_MS * 2 ** item.attempts, LONGEST_RETRY_MS);
    const mayRetry =
      !(error instanceof Undeliverable) &&
      item.attempts < retry.maximumRetryAttempts &&
      retryAtMs <= item.createdAtMs + retry.maximumEventAgeSeconds * 1000;
    if (mayRetry) return { retryAtMs };
    context.log("a bus delivery failed for good", { rule: target.rule.name, error: error.message });
    if (deadLetterArn !== undefined) {
      options.queues.send(deadLetterArn, input, {
        RULE_ARN: target.rule.arn,
        TARGET_ARN: target.model.arn,
        ERROR_CODE: error.name,
        ERROR_MESSAGE: error.message,
        RETRY_ATTEMPTS: String(item.attempts),
      });
    }
    return { done: true };
  }

  async function send(target: RuleTargetModel, input: string): Promise<void> {
    const service = target.arn.split(":")[2];
    if (service === "states") {
      options.workflows.start(target.arn, undefined, input);
    } else if (service === "sqs") {
      options.queues.send(target.arn, input);
    } else {
      const { statusCode, payload } = await options.functions.invoke(target.arn, input, "Event");
      if (statusCode === 404) throw new Undeliverable("RESOURCE_NOT_FOUND", payload);
      if (statusCode !== 202) throw new Error(`the function answered ${statusCode}: ${payload}`);
    }
  }

  function deliveriesOf(rule: RuleModel, event: Readonly<Record<string, unknown>>, dueAtMs: number): NewWork[] {
    return rule.targets.map((target) => {
      const key = targetKey(rule, target);
      const input = targets.get(key)?.buildInput(event) ?? "{}";
      return { lane: key, body: JSON.stringify({ target: key, input } satisfies Delivery), dueAtMs };
    });
  }

  function takeFaults(detailType: string): { copies: number; shuffle: boolean; delayMs: number } {
    const effect = { copies: 1, shuffle: false, delayMs: 0 };
    for (const entry of faults) {
      const { fault } = entry;
      if (entry.left <= 0 || (fault.detailType !== undefined && fault.detailType !== detailType)) continue;
      entry.left--;
      effect.copies += fault.duplicates ?? 0;
      effect.shuffle ||= fault.shuffle ?? false;
      effect.delayMs += (fault.delaySeconds ?? 0) * 1000;
    }
    return effect;
  }

  return {
    put(entries: readonly BusEntry[]) {
      const all: NewWork[] = [];
      let shuffle = false;
      const now = context.clock.now();
      const ids = entries.map((entry) => {
        const event = envelope({ entry, account, region, nowMs: now });
        const effect = takeFaults(entry.detailType);
        shuffle ||= effect.shuffle;
        for (const { model, matches } of rules) {
          if (model.busName !== entry.busName || !matches?.(event)) continue;
          const deliveries = deliveriesOf(model, event, now + effect.delayMs);
          for (let copy = 0; copy < effect.copies; copy++) all.push(...deliveries);
        }
        return { eventId: event.id };
      });
      work.add(all, shuffle ? "shuffled" : "given");
      return ids;
    },
    start() {
      work.start();
      stopRates = scheduleRates({
        context,
        rules: rules.map(({ model }) => model),
        fire: (rule) => work.add(deliveriesOf(rule, scheduledEvent(rule), context.clock.now())),
      });
    },
    async stop() {
      stopRates();
      await work.stop();
    },
    pending: () => work.pending(),
    waiting: () => work.waiting(),
    addFault: (fault) => void faults.push({ fault, left: fault.count ?? Number.POSITIVE_INFINITY }),
    clearFaults() {
      faults = [];
    },
  };

  function scheduledEvent(rule: RuleModel): Readonly<Record<string, unknown>> {
    const entry: BusEntry = {
      busName: rule.busName,
      source: "aws.events",
      detailType: "Scheduled Event",
      detail: "{}",
      resources: [rule.arn],
    };
    return envelope({ entry, account, region, nowMs: context.clock.now() });
  }
}

function targetKey(rule: RuleModel, target: RuleTargetModel): string {
  return `${rule.arn}#${target.id}`;
}

function envelope(from: { entry: BusEntry; account: string; region: string; nowMs: number }) {
  const { entry, account, region, nowMs } = from;
  const time = new Date(entry.time ?? nowMs).toISOString();
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": entry.detailType,
    source: entry.source,
    account,
    // The bus gives whole seconds.
    time: time.replace(/\.\d+Z$/, "Z"),
    region,
    resources: [...(entry.resources ?? [])],
    detail: JSON.parse(entry.detail) as unknown,
  };
}
