import { IconCloud, IconSettings, IconUser } from "@tabler/icons-react";
import { spelled } from "../../display/status-badge.tsx";
import type { Wire } from "../../session/me.ts";
import classes from "./entry.module.css";

const kinds = {
  user: { icon: IconUser, word: "a person" },
  system: { icon: IconSettings, word: "the system" },
  provider: { icon: IconCloud, word: "a provider" },
} as const;

type Acted = Pick<Wire["AuditEntry"], "changed_by" | "changed_by_type" | "changed_by_role">;

/** Who did it: a person with their role, a part of the system, or a provider. */
export function Actor({ entry: { changed_by, changed_by_type, changed_by_role } }: { entry: Acted }) {
  const { icon: Icon, word } = kinds[changed_by_type];
  return (
    <span className={classes.actor}>
      <Icon size={15} stroke={1.6} role="img" aria-label={word} />
      <span className={classes.actorName} title={changed_by}>
        {changed_by}
      </span>
      {changed_by_role !== null && <span className={classes.quiet}>{spelled(changed_by_role)}</span>}
    </span>
  );
}

/** `maya, manager (a person)`. */
export function describeActor({ changed_by, changed_by_type, changed_by_role }: Acted): string {
  const role = changed_by_role === null ? "" : `, ${spelled(changed_by_role)}`;
  return `${changed_by}${role} (${kinds[changed_by_type].word})`;
}
