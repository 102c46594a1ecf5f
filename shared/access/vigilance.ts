import { ulid } from "ulid";
import type { Surroundings } from "../commands/run.ts";
import { toInstant } from "../domain/dates.ts";
import type { CommandContext } from "../domain/decision.ts";
import type { Actor, Instant, SecurityEvent, Settings } from "../domain/model.ts";
import { flagIdOf, riskOfRefusal, type SecurityFacts, securityEvent } from "../domain/security-event.ts";
import { VersionConflict } from "../store/errors.ts";
import type { Profiles } from "../store/profiles.ts";
import {
  destinationChangedBeforePayout,
  isNewsOf,
  manyFailures,
  newAddress,
  type Suspicion,
  unusualFrequency,
  unusualHours,
  withAddress,
} from "./suspicion.ts";

const MAX_DETAIL = 500;

/** What a person does through the API, from where. */
export interface Observed {
  readonly organizationId: string;
  /** The person's subject. */
  readonly subject: string;
  readonly role?: string;
  /** As API Gateway has seen it. */
  readonly sourceIp: string;
  /** The API's operation, `releaseEscrowHold`. */
  readonly operation: string;
  readonly requestId: string;
  readonly entityId?: string;
}

/** Keeps an eye on what people do and try. Everything it writes is a record: audited, told on the bus, in `activity`. */
export interface Vigilance {
  /** Writes a refused action down; resolves when it is stored. Throws where the table can't take it. */
  refused(observed: Observed, code: string, message: string): Promise<void>;
  /** After a mutating action went through: looks for what is unusual. What it throws is for the caller to log. */
  acted(
    observed: Observed,
    about: { readonly sensitive: boolean; readonly payoutDestinationChangedAt?: Instant },
  ): Promise<void>;
  /** Writes a read that matters down: an export, full account numbers. Throws where the table can't take it. */
  read(observed: Observed, kind: "data_exported" | "sensitive_data_read", detail: string): Promise<void>;
}

/** The same for what only the platform's operators do. */
export interface OperatorVigilance extends Vigilance {
  /** Writes down that a kept event is being put back on the bus, before it is. Throws where the table can't take it. */
  redriven(observed: Observed, detail: string): Promise<void>;
}

export interface VigilanceOptions extends Surroundings {
  readonly profiles: Profiles;
  readonly settingsOf: (organizationId: string) => Promise<Settings | undefined>;
  /** IANA name: whose hours count where an organization's policy names no zone. */
  readonly defaultTimeZone: string;
}

const VIGILANCE: Actor = { type: "system", id: "vigilance" };

function personOf({ subject, role }: Observed): Actor {
  return { type: "user", id: subject, ...(role === undefined ? {} : { role }) };
}

function factsOf(
  observed: Observed,
  what: Pick<SecurityEvent, "id" | "kind" | "riskLevel" | "detail"> & { readonly code?: string },
): SecurityFacts {
  const { organizationId, subject, role, sourceIp, operation, requestId, entityId } = observed;
  return {
    ...what,
    detail: what.detail.slice(0, MAX_DETAIL),
    organizationId,
    subject,
    ...(role === undefined ? {} : { role }),
    sourceIp,
    operation,
    ...(entityId === undefined ? {} : { entityId }),
    requestId,
  };
}

/** Security events from what is observed. Rules are in suspicion.ts; a rule's flag is written once an hour. */
export function createVigilance(options: VigilanceOptions): OperatorVigilance {
  const { store, now, profiles, settingsOf, defaultTimeZone } = options;

  async function write(facts: SecurityFacts, actor: Actor, at: Instant): Promise<void> {
    const context: CommandContext = { now: at, actor, correlationId: facts.requestId };
    await store.commit([securityEvent(facts, context)]);
  }

  async function flag(observed: Observed, suspicion: Suspicion, at: Instant): Promise<void> {
    const { about, ...what } = suspicion;
    const { organizationId, subject } = observed;
    const id = flagIdOf({ organizationId, subject, kind: what.kind, riskLevel: what.riskLevel, about, at });
    try {
      await write(factsOf(observed, { id, ...what }), VIGILANCE, at);
    } catch (error) {
      // It is flagged already: once an hour is enough.
      if (!(error instanceof VersionConflict)) throw error;
    }
  }

  async function suspicionsAbout(
    observed: Observed,
    about: Parameters<Vigilance["acted"]>[1],
    seen: Parameters<typeof newAddress>[0],
    at: Instant,
  ): Promise<(Suspicion | undefined)[]> {
    const { operation, entityId, organizationId, sourceIp } = observed;
    const destinationChangedAt = about.payoutDestinationChangedAt;
    const diverted = destinationChangedBeforePayout({ operation, entityId, destinationChangedAt }, at);
    if (!about.sensitive) return [diverted];
    const settings = await settingsOf(organizationId);
    const timeZone = settings?.policy.timeZone ?? defaultTimeZone;
    return [diverted, newAddress(seen, sourceIp, at), unusualHours(settings?.workingHours, timeZone, at)];
  }

  return {
    async refused(observed, code, message) {
      const nowMs = now();
      const at = toInstant(nowMs);
      const what = { kind: "action_refused", riskLevel: riskOfRefusal(code), detail: message, code } as const;
      await write(factsOf(observed, { id: `se_${ulid(nowMs)}`, ...what }), personOf(observed), at);
      // That somebody else was quicker is nobody's doing; a wrong id may be a guess.
      if (what.riskLevel === "info" && code !== "not_found") return;
      const suspicion = manyFailures(await profiles.count(observed, "failures", nowMs), at);
      if (suspicion !== undefined) await flag(observed, suspicion, at);
    },

    async acted(observed, about) {
      const nowMs = now();
      const at = toInstant(nowMs);
      const { sourceIp } = observed;
      const profile = await profiles.count(observed, "actions", nowMs);
      const seen = withAddress(profile.addresses, sourceIp, at);
      const suspicions = [unusualFrequency(profile, at), ...(await suspicionsAbout(observed, about, seen, at))];
      for (const suspicion of suspicions) if (suspicion !== undefined) await flag(observed, suspicion, at);
      if (isNewsOf(profile.addresses, sourceIp, at)) await profiles.rememberAddresses(observed, seen);
    },

    async read(observed, kind, detail) {
      const nowMs = now();
      const riskLevel = kind === "sensitive_data_read" ? "low" : "info";
      const facts = factsOf(observed, { id: `se_${ulid(nowMs)}`, kind, riskLevel, detail });
      await write(facts, personOf(observed), toInstant(nowMs));
    },

    async redriven(observed, detail) {
      const nowMs = now();
      const what = { kind: "dead_letter_redriven", riskLevel: "low", detail } as const;
      await write(factsOf(observed, { id: `se_${ulid(nowMs)}`, ...what }), personOf(observed), toInstant(nowMs));
    },
  };
}
