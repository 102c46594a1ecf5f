import { Alert } from "@mantine/core";
import { IconBarrierBlock } from "@tabler/icons-react";
import type { Wire } from "../../session/me.ts";
import { describeObstacle } from "./blocker-words.ts";

interface ObstacleNoticeProps {
  readonly obstacle: Wire["PayoutBlocker"] | undefined;
  /** What comes of trying all the same. */
  readonly meanwhile: string;
}

/** Said before somebody sends: the money would not go out now. */
export function ObstacleNotice({ obstacle, meanwhile }: ObstacleNoticeProps) {
  if (obstacle === undefined) return null;
  return (
    <Alert color="yellow" icon={<IconBarrierBlock size={18} stroke={1.6} />}>
      {describeObstacle(obstacle, meanwhile)}
    </Alert>
  );
}
