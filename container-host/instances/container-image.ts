import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import type { Engine, ImageStatus } from "../engine/engine.ts";
import type { LaunchPlan } from "./launch-plan.ts";

/** Why an image cannot be used, as sentences for an admin. */
export const IMAGE_PROBLEMS: Record<Exclude<ImageStatus, "present">, string> = {
  missing:
    "The image is not on the host, or the pulled image is not the allowed one: check MCPNEST_HOST_IMAGES.",
  has_volumes:
    "The image declares a volume, which would be writable and without a limit: build it without VOLUME.",
};

/** Pulls the image if it is absent. Only the content's id counts: a tag can point to another image. */
export async function ensureImage(
  engine: Engine,
  { image, instanceId }: LaunchPlan,
  signal: AbortSignal,
): Promise<ImageStatus> {
  const status = await engine.findImage(image.id);
  if (status !== "missing" || image.pull === undefined) return status;
  logEvent({ event: "image_pull", instance: instanceId, image: image.id });
  try {
    await engine.pullImage(image.pull, signal);
  } catch (error) {
    logFailure("image_pull_failed", error, { instance: instanceId });
    return "missing";
  }
  return engine.findImage(image.id);
}
