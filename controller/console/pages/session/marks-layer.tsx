import type { Shape, Size } from '../../marks/shape.ts';
import css from './marks-layer.module.css';

type MarksLayerProps = { readonly display: Size; readonly shapes: readonly Shape[]; /** Read out in place of the drawing. */ readonly label: string };

/** Marks over a picture of the screen, in its pixels. */
export function MarksLayer({ display, shapes, label }: MarksLayerProps) {
  return (
    <svg class={css.layer} viewBox={`0 0 ${display.width} ${display.height}`} role="img" aria-label={label}>
      {shapes.map((shape, index) => <Drawn key={index} shape={shape} />)}
    </svg>
  );
}

function Drawn({ shape }: { readonly shape: Shape }) {
  switch (shape.kind) {
    case 'line': {
      const points = shape.points.map(({ x, y }) => `${x},${y}`).join(' ');
      return <g>{shape.role !== 'trail' && <polyline class={css.halo} points={points} />}<polyline class={css[shape.role]} points={points} /></g>;
    }
    case 'circle': {
      const { centre: { x, y }, radius, role } = shape;
      return <g>{role === 'ring' && <circle class={css.halo} cx={x} cy={y} r={radius} />}<circle class={css[role]} cx={x} cy={y} r={radius} /></g>;
    }
    case 'head': return <polygon class={css.head} points={shape.points.map(({ x, y }) => `${x},${y}`).join(' ')} />;
    case 'area': return <rect class={css[shape.role]} {...shape.area} rx="3" />;
    case 'plate': {
      const { x, y, width, height } = shape.area;
      return <g class={css[shape.role]}><rect x={x} y={y} width={width} height={height} rx={height / 5} /><text x={x + width / 2} y={y + height * 0.72} font-size={height * 0.65} text-anchor="middle">{shape.words}</text></g>;
    }
  }
}
