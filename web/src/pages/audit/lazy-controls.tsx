import { Bookmark, CalendarClock, Download, ListFilter, type LucideIcon } from "lucide-react";
import { Suspense, type ComponentProps, type ComponentType, type LazyExoticComponent } from "react";
import { lazyComponent } from "../../load-code.ts";
import { Button } from "../../ui/button.tsx";
import { LoadingState } from "../../ui/states.tsx";
import type { CallChartProps } from "./call-chart.tsx";
import type { CallDetailProps } from "./call-detail.tsx";

// What the rows do not need is loaded after them. Until then a button of the same look is in its place.

function withButton<P extends object>(
  Icon: LucideIcon,
  label: string,
  Control: LazyExoticComponent<ComponentType<P>>,
): ComponentType<P> {
  return function LazyControl(props: P) {
    const button = (
      <Button disabled>
        <Icon className="size-3.5" aria-hidden />
        {label}
      </Button>
    );
    return (
      <Suspense fallback={button}>
        {/* A cast: the props of a lazy component are those of the component. */}
        <Control {...(props as ComponentProps<typeof Control>)} />
      </Suspense>
    );
  };
}

/** See `range-picker.tsx`. */
export const RangePicker = withButton(
  CalendarClock,
  "Any time",
  lazyComponent(() => import("./range-picker.tsx"), "RangePicker"),
);
/** See `more-filters.tsx`. */
export const MoreFilters = withButton(
  ListFilter,
  "Filters",
  lazyComponent(() => import("./more-filters.tsx"), "MoreFilters"),
);
/** See `saved-views.tsx`. */
export const SavedViews = withButton(
  Bookmark,
  "Views",
  lazyComponent(() => import("./saved-views.tsx"), "SavedViews"),
);
/** See `export-menu.tsx`. */
export const ExportMenu = withButton(
  Download,
  "Export",
  lazyComponent(() => import("./export-menu.tsx"), "ExportMenu"),
);

const LazyChart = lazyComponent(() => import("./call-chart.tsx"), "CallChart");
const LazyDetail = lazyComponent(() => import("./call-detail.tsx"), "CallDetail");

/** See `call-chart.tsx`. */
export function CallChart(props: CallChartProps) {
  return (
    // As high as the chart, so that the rows do not move.
    <Suspense fallback={<div className="h-[13.5rem]" />}>
      <LazyChart {...props} />
    </Suspense>
  );
}

/** See `call-detail.tsx`. */
export function CallDetail(props: CallDetailProps) {
  return (
    <Suspense fallback={<LoadingState lines={10} />}>
      <LazyDetail {...props} />
    </Suspense>
  );
}
