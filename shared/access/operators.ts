import type { Role } from "../domain/model.ts";
import { isScoped } from "./roles.ts";

/**
 * True for staff of the organization that operates the deployment. It decides who may see to the platform itself; what they
 * may do there is still their role's.
 */
export function isOperator(
  person: { readonly organizationId: string; readonly role: Role },
  operatorOrganization: string | undefined,
): boolean {
  return person.organizationId === operatorOrganization && !isScoped(person.role);
}
