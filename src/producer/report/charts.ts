import { BarChart, HeatmapChart } from 'echarts/charts';
import { GridComponent, LegendComponent, VisualMapComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { CellReport } from './dimension-tally.ts';
import type { NamePartReport } from './name-tally.ts';
import { excessOf, type PairReport } from './pair-tally.ts';

/** Three tones that stay apart in print and for colour-blind readers: pale, middle, dark. */
const colours = { target: '#c9c9c9', plan: '#5aa9d6', output: '#14426b' } as const;

const TEXT = '#222';
const MAX_LABEL = 38;

/** Draws an option as one static SVG: no script, no font or picture from elsewhere. Users' texts are escaped by the renderer. */
export type DrawChart = (option: EChartsCoreOption, size: { width: number; height: number }) => string;

export function createCharts(): DrawChart {
  use([BarChart, HeatmapChart, GridComponent, LegendComponent, VisualMapComponent, SVGRenderer]);
  return (option, size) => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
    try {
      chart.setOption({ animation: false, textStyle: { fontFamily: 'sans-serif', color: TEXT }, ...option });
      return withoutHover(chart.renderToSVGString());
    } finally {
      chart.dispose();
    }
  };
}

/**
 * The picture without what only a pointer would see (styles of elements under it, marks for scripts), and as wide as the page.
 * Quotes and angle brackets in texts are escaped, so none of this can be theirs.
 */
function withoutHover(svg: string): string {
  return svg
    .replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true"')
    .replace(/<style[^>]*>.*?<\/style>/gs, '')
    .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '');
}

const WIDTH = 760;
const LABEL_DEGREES = 40;
/**
 * Room for labels, by their longest. The renderer's own layout measures texts without a font here, and cuts some.
 */
function gridOf(labels: readonly string[], top: number, right = 24) {
  const widths = labels.map((label) =>
    Array.from(shortened(label)).reduce((sum, character) => sum + (character < '\u0250' ? 7 : 12), 0),
  );
  return { left: 16 + Math.max(0, ...widths), right, top, bottom: 26, outerBoundsMode: 'none' } as const;
}

/** Target, plan and output of each cell side by side. */
export function dimensionChart(draw: DrawChart, cells: readonly CellReport[]): string {
  const series = [
    { name: 'target', color: colours.target, values: cells.map(({ expected }) => round(expected)) },
    { name: 'plan', color: colours.plan, values: cells.map(({ planned }) => planned) },
    { name: 'output', color: colours.output, values: cells.map(({ output }) => output) },
  ];
  return draw(
    {
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, itemGap: 26, selectedMode: false },
      grid: gridOf(
        cells.map(({ label }) => label),
        34,
      ),
      xAxis: { type: 'value', axisLabel: { color: TEXT }, splitLine: { lineStyle: { color: '#e4e4e4' } } },
      yAxis: categories(cells.map(({ label }) => label)),
      series: series.map(({ name, color, values }) => ({
        name,
        type: 'bar',
        data: values,
        itemStyle: { color },
        barGap: '10%',
        barCategoryGap: '28%',
      })),
    },
    { width: WIDTH, height: 60 + cells.length * 42 },
  );
}

export function nameChart(draw: DrawChart, { top }: NamePartReport): string {
  return draw(
    {
      grid: gridOf(
        top.map(({ name }) => name),
        8,
      ),
      xAxis: { type: 'value', axisLabel: { color: TEXT }, splitLine: { lineStyle: { color: '#e4e4e4' } } },
      yAxis: categories(top.map(({ name }) => name)),
      series: [
        {
          type: 'bar',
          data: top.map(({ people }) => people),
          itemStyle: { color: colours.output },
          barWidth: '60%',
        },
      ],
    },
    { width: WIDTH, height: 40 + top.length * 24 },
  );
}

/**
 * A square for each pair: how far the output is from its target beyond what chance makes. The scale ends at 0.1 at the least,
 * so that a good population looks pale.
 */
export function pairChart(draw: DrawChart, pairs: readonly PairReport[]): string {
  const names = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
  const excess = (pair: PairReport) => round(excessOf(pair) ?? 0, 4);
  const data = pairs.flatMap((pair) => {
    const [a, b] = [names.indexOf(pair.first), names.indexOf(pair.second)];
    return [
      [a, b, excess(pair)],
      [b, a, excess(pair)],
    ];
  });
  const axis = categories(names);
  const grid = gridOf(names, 8, 120);
  // As high as the longest label is when it is turned.
  const bottom = 12 + Math.ceil(grid.left * Math.sin((LABEL_DEGREES * Math.PI) / 180));
  return draw(
    {
      grid: { ...grid, bottom },
      xAxis: { ...axis, inverse: false, axisLabel: { ...axis.axisLabel, rotate: LABEL_DEGREES } },
      yAxis: axis,
      visualMap: {
        min: 0,
        max: Math.max(0.1, ...pairs.map(excess)),
        calculable: false,
        orient: 'vertical',
        right: 0,
        top: 'middle',
        precision: 2,
        inRange: { color: ['#f1f5f8', '#7fb2d6', '#14426b'] },
        textStyle: { color: TEXT },
        text: ['further off', 'as expected'],
      },
      series: [
        {
          type: 'heatmap',
          data,
          label: { show: names.length <= 12, fontSize: 10 },
          itemStyle: { borderColor: '#fff', borderWidth: 1 },
        },
      ],
    },
    { width: WIDTH, height: 8 + bottom + names.length * 34 },
  );
}

function categories(labels: readonly string[]) {
  return {
    type: 'category' as const,
    inverse: true,
    // By position, as two labels may be cut to the same text.
    data: labels.map((_, index) => index),
    axisTick: { show: false },
    axisLabel: {
      color: TEXT,
      interval: 0,
      formatter: (position: string) => shortened(labels[Number(position)] ?? ''),
    },
  };
}

function shortened(label: string): string {
  const characters = Array.from(label.replace(/[\p{C}\s]+/gu, ' '));
  return characters.length <= MAX_LABEL
    ? characters.join('')
    : `${characters.slice(0, MAX_LABEL - 1).join('')}…`;
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
