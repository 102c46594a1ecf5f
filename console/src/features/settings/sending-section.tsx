import { Button, Stack, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Instant } from "../../display/instants.tsx";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import { useApi, useConsole, useWhyNot } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import classes from "./settings.module.css";
import { SettingsSection } from "./settings-section.tsx";

const PauseDialog = lazy(async () => ({ default: (await import("./sending-dialogs.tsx")).PauseDialog }));
const ResumeDialog = lazy(async () => ({ default: (await import("./sending-dialogs.tsx")).ResumeDialog }));

type Control = Wire["SendingControl"];

/** What a control is about, as people call it. */
export function providerName(provider: Control["provider"]): string {
  return provider === "all" ? "Every provider" : titled(provider);
}

/**
 * Whether the organization's transfers are sent, and the switch: pausing takes one press and a reason, resuming an admin.
 * The platform's own switches are shown where they are in the way, and always to those who run it (`platform`).
 */
export function SendingSection({ platform = false }: { platform?: boolean }) {
  const api = useApi();
  const { me } = useConsole();
  const whyNoPause = useWhyNot("payouts.cancel");
  const whyNoResume = useWhyNot("config.manage");
  const [dialog, setDialog] = useState<Control>();
  const { data, error, refetch } = useLive({
    queryKey: ["sending"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/sending", { signal })),
  });
  const controls = data?.data;
  const own = controls?.filter(({ scope }) => scope === "organization") ?? [];
  const above =
    controls?.filter(({ scope, status }) => scope === "deployment" && (platform || status !== "open")) ?? [];
  const barred = [
    own.some(({ status }) => status === "open") && whyNoPause !== undefined && `You can’t pause it. ${whyNoPause}`,
    own.some(({ status }) => status !== "open") && whyNoResume !== undefined && `You can’t resume it. ${whyNoResume}`,
  ].filter((why) => why !== false);
  const close = () => setDialog(undefined);
  return (
    <SettingsSection title={`Sending of ${me.organization_id}`} note={noteOf(controls)}>
      <Stack gap="sm">
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {controls === undefined && error === null && <LoadingLines lines={2} />}
        <div className={classes.controls}>
          {own.map((control) => {
            const paused = control.status !== "open";
            const mayDo = (paused ? whyNoResume : whyNoPause) === undefined;
            return (
              <ControlRow key={control.provider} control={control}>
                {mayDo && (
                  <Button
                    size="xs"
                    variant="default"
                    leftSection={paused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
                    onClick={() => setDialog(control)}
                    aria-label={`${paused ? "Resume" : "Pause"} ${providerName(control.provider)}`}
                  >
                    {paused ? "Resume" : "Pause"}
                  </Button>
                )}
              </ControlRow>
            );
          })}
          {above.map((control) => (
            <ControlRow key={`platform ${control.provider}`} control={control} />
          ))}
        </div>
        {barred.map((why) => (
          <Text key={why} size="sm" c="dimmed">
            {why}
          </Text>
        ))}
      </Stack>
      <Suspense fallback={null}>
        {dialog?.status === "open" && <PauseDialog control={dialog} onClose={close} />}
        {dialog !== undefined && dialog.status !== "open" && <ResumeDialog control={dialog} onClose={close} />}
      </Suspense>
    </SettingsSection>
  );
}

function noteOf(controls: readonly Control[] | undefined): string {
  if (controls === undefined) return "Whether your organization’s money is sent";
  const all = controls.find(({ provider, status }) => provider === "all" && status !== "open");
  if (all !== undefined) return "Nothing is sent. What is due waits, says so, and goes on by itself after resuming.";
  return controls.some(({ status }) => status !== "open")
    ? "Part of it isn’t sent. What is due waits, says so, and goes on by itself."
    : "Everything that is due is sent.";
}

function ControlRow({ control, children }: { control: Control; children?: React.ReactNode }) {
  const { scope, provider, status } = control;
  return (
    <div className={classes.control}>
      <Text size="sm" fw={500}>
        {providerName(provider)}
        {scope === "deployment" && (
          <Text span size="sm" c="dimmed" display="block" fw={400}>
            for everybody
          </Text>
        )}
      </Text>
      <div>
        <StatusBadge status={status} />
      </div>
      <Text size="sm" c="dimmed" component="div">
        <Why control={control} />
      </Text>
      <div>{children}</div>
    </div>
  );
}

/** Since when, by whom and why. Of the platform's own switches nobody is named. */
function Why({ control: { scope, status, reason, probe_at, updated_at, updated_by } }: { control: Control }) {
  if (updated_at === null) return null;
  const since = <Instant at={updated_at} />;
  const by = updated_by === null ? "" : ` by ${updated_by}`;
  if (status === "tripped") {
    return (
      <>
        The provider refuses the platform’s credentials since {since}. It is tried again
        {probe_at === null ? "" : " at "}
        {probe_at !== null && <Instant at={probe_at} />} and opens by itself.
      </>
    );
  }
  if (status === "open") {
    return (
      <>
        Resumed {since}
        {by}
      </>
    );
  }
  return (
    <>
      {reason !== null && `“${reason}” · `}
      since {since}
      {by}
      {scope === "deployment" && " · those who run the platform resume it"}
    </>
  );
}
