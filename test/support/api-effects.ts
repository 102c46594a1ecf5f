/** What a request has done, seen from outside: its answer, the audit lines that it caused, and what it left alone. */
import { expect } from "vitest";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import type { ProblemCode } from "../../shared/api/problem.ts";
import type { AuditLine } from "../../shared/audit/chain.ts";
import { lineOfItem } from "../../shared/audit/items.ts";
import { auditedEntities } from "../../shared/domain/entities.ts";
import type { Role } from "../../shared/domain/model.ts";
import type { Asked, Json, Person, TestApi } from "./api.ts";
import type { BusEventSeen, TestCloud } from "./cloud.ts";
import type { Organization } from "./organization.ts";

const audited: ReadonlySet<unknown> = new Set(auditedEntities.filter((entity) => entity !== "security_event"));

export interface Deed {
  /** The answer's body. */
  readonly json: Json;
  readonly data: Json;
  readonly text: string;
  readonly headers: Headers;
  readonly requestId: string;
  /** Lines whose correlation_id is the request's id, in the order in which they were written. */
  readonly lines: readonly AuditLine[];
  readonly actions: readonly string[];
}

/** An organization of a test's own, and whoever works for it. */
export interface Workplace {
  readonly org: Organization;
  as(role: Role, who?: { subject?: string; scopeId?: string }): Promise<Person>;
  /** Does it and lets what follows happen; fails where it is refused. */
  done(person: Person, operationId: OperationId, asked?: Asked): Promise<Deed>;
  /** Fails where it isn't refused with the code, or where a refused request leaves anything behind but word of itself. */
  turnedAway(person: Person, operationId: OperationId, code: ProblemCode, asked?: Asked): Promise<Json>;
  /** What the bus was told that the request has caused. */
  told(requestId: string): BusEventSeen[];
}

/** Of a new organization unless told. */
export function openWorkplace(cloud: TestCloud, api: TestApi, org: Organization = cloud.organization()): Workplace {
  async function linesOf(requestId: string): Promise<AuditLine[]> {
    const lines = (await org.audit()).filter(({ metadata }) => metadata.correlation_id === requestId);
    return lines.map(lineOfItem).sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  }

  async function state() {
    const records = (await org.items()).filter(({ entity }) => audited.has(entity));
    const versions = Object.fromEntries(records.map(({ entity, id, version }) => [`${entity} ${id}`, version]));
    return { versions, books: org.books() };
  }

  return {
    org,
    as: (role, who) => api.person(org.id, role, who),
    async done(person, operationId, asked) {
      const { status, headers, json, text } = await person.call(operationId, asked);
      expect(status, `${operationId}: ${text}`).toBeLessThan(300);
      await cloud.settle();
      const requestId = String(headers.get("x-request-id"));
      const lines = await linesOf(requestId);
      return { json, data: json?.data, text, headers, requestId, lines, actions: lines.map(({ action }) => action) };
    },
    async turnedAway(person, operationId, code, asked) {
      await cloud.settle();
      const before = await state();
      const problem = await person.refused(operationId, code, asked);
      await cloud.settle();
      expect(await state(), `${operationId} refused with ${code}`).toEqual(before);
      const lines = (await linesOf(problem.request_id)).map(({ action, changed_by }) => `${action} ${changed_by}`);
      expect(lines).toEqual(isTold(operationId, problem.status) ? [`security.action_refused ${person.subject}`] : []);
      return problem;
    },
    told: (requestId) =>
      cloud.seen.filter(({ detail }) => detail.organization_id === org.id && detail.correlation_id === requestId),
  };
}

/** What people tried to do is on record; a malformed request is nobody's attempt at anything, nor is a look. */
function isTold(operationId: OperationId, status: number): boolean {
  const { method }: OperationSpec = operations[operationId];
  return status === 403 || (method !== "GET" && [404, 409, 412, 422].includes(status));
}
