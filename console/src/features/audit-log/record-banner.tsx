import { Title } from "@mantine/core";
import { CopyableId } from "../../display/ids.tsx";
import { entityWords } from "./entry-words.ts";
import type { NamedRecord } from "./named-record.ts";
import classes from "./record-banner.module.css";
import { RecordLink } from "./record-link.tsx";
import { VerifyButton } from "./verify-button.tsx";

/** Whose history is shown, and what can be done about it. */
export function RecordBanner({ record: { entityType, entityId } }: { record: NamedRecord }) {
  return (
    <section className={classes.banner} aria-label="The record whose history this is">
      <div className={classes.name}>
        <Title order={2}>{entityWords[entityType]}</Title>
        <CopyableId id={entityId} />
      </div>
      <div className={classes.links}>
        <RecordLink entityType={entityType} entityId={entityId} payoutId={null} />
        <VerifyButton record={{ entityType, entityId }} />
      </div>
    </section>
  );
}
