import { Stack, Tabs } from "@mantine/core";
import { lazy, Suspense } from "react";
import { PageTitle } from "../../display/page-title.tsx";
import { LoadingLines } from "../../display/states.tsx";
import { useListState } from "../../list/use-list.ts";
import { AuditTimeline } from "./audit-timeline.tsx";

const SecurityTimeline = lazy(async () => ({ default: (await import("./security-timeline.tsx")).SecurityTimeline }));

/** Everything that has happened: changes, and beside them what people were refused or what looked unusual. */
export function AuditLogPage() {
  const { search, replace } = useListState();
  const tab = search.tab === "security" ? "security" : "changes";
  return (
    <Stack gap="md">
      <PageTitle title="Audit log" note="Who changed what, when and why; every line can be verified" />
      <Tabs value={tab} onChange={(to) => replace(to === "security" ? { tab: to } : {})} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="changes">Changes</Tabs.Tab>
          <Tabs.Tab value="security">Security events</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="changes">
          <AuditTimeline />
        </Tabs.Panel>
        <Tabs.Panel value="security">
          <Suspense fallback={<LoadingLines />}>
            <SecurityTimeline />
          </Suspense>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
