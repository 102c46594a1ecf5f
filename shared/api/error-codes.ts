import { type Operations, refusalsOf } from "./operation.ts";
import { problemCodes, problemKinds } from "./problem.ts";

/** The page that lists every code with which the operations refuse: what it means, what to do, and who gives it. */
export function errorCodes(operations: Operations): string {
  const givenBy = new Map<string, string[]>();
  for (const [operationId, spec] of Object.entries(operations)) {
    for (const code of refusalsOf(spec)) givenBy.set(code, [...(givenBy.get(code) ?? []), operationId]);
  }
  const rows = problemCodes
    .filter((code) => givenBy.has(code))
    .toSorted((a, b) => problemKinds[a].status - problemKinds[b].status || (a < b ? -1 : 1))
    .map((code) => {
      const { status, title, advice } = problemKinds[code];
      const operationIds = givenBy.get(code) ?? [];
      const by = operationIds.length > MANY ? `${operationIds.length} operations` : operationIds.join(", ");
      return `| \`${code}\` | ${status} | ${title} | ${advice} | ${by} |`;
    });
  return `# Error codes

Every refusal is an RFC 9457 problem, \`application/problem+json\`, with a \`code\` that doesn't change. \`detail\` names the states
and values involved, \`field\` the field at fault, \`request_id\` the request in the logs and the audit log. Generated from the
operations by \`npm run openapi\`.

| code | status | meaning | what to do | given by |
|---|---|---|---|---|
${rows.join("\n")}

A token that is missing, expired, for another audience or not signed by the issuer is turned away by the gateway itself, with
401 and \`{"message": "Unauthorized"}\`.
`;
}

/** More than these are counted instead of named. */
const MANY = 4;
