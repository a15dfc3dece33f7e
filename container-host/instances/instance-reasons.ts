import type { InstanceReason } from "../../workers/contract/hosting/host-protocol.ts";

/** Other servers start first. */
export const QUEUED: InstanceReason = {
  code: "queued",
  message: "It waits until other servers on its host have started.",
};

/** After a restart of the host. */
export const VARIABLES_NEEDED: InstanceReason = {
  code: "variables_needed",
  message: "The host was restarted and does not store variables: deploy again with them.",
};

/** Until the container is removed. */
export const TERMINATING: InstanceReason = {
  code: "engine_error",
  message:
    "The instance is being terminated. If this lasts, the Docker engine does not respond: terminate it again.",
};
