/** Where the cards of the drawing lie. Lengths are in CSS pixels before any zoom. */

export const cardWidth = 170
const between = 14 // two cards of a row
const lineGap = 16 // two lines of a level that is too wide for one
const below = 48 // two levels
const margin = 12

export interface Place {
  x: number
  y: number
  /** The upper edge of the card's level. */
  top: number
  /** Where the card's line ends, by its highest card, and where its level does. */
  lineEnd: number
  end: number
}

export interface Layout {
  width: number
  height: number
  places: Place[][]
}

const lineWidth = (cards: number) => cards * cardWidth + (cards - 1) * between

/** How wide levels of so many cards are, each in one line. */
export const widest = (levels: number[]): number => (levels.length === 0 ? 0 : lineWidth(Math.max(...levels)) + 2 * margin)

/** Lays levels of cards out below each other: each centred, in as many lines as the room wants. */
export function layOut(heights: number[][], room: number): Layout {
  const fitting = Math.max(1, Math.floor((room - 2 * margin + between) / (cardWidth + between)))
  const columns = (cards: number) => Math.min(cards, fitting)
  const width = Math.max(room, widest(heights.map((level) => columns(level.length))))
  let y = margin
  const places = heights.map((level) => {
    const perLine = columns(level.length)
    const left = (width - lineWidth(perLine)) / 2
    const top = y
    const placed: Place[] = []
    for (let from = 0; from < level.length; from += perLine) {
      const line = level.slice(from, from + perLine)
      const lineEnd = y + Math.max(...line)
      placed.push(...line.map((_, i) => ({ x: left + i * (cardWidth + between), y, top, lineEnd, end: 0 })))
      y = lineEnd + lineGap
    }
    const end = y - lineGap
    y = end + below
    return placed.map((place) => ({ ...place, end }))
  })
  return { width, height: y - (heights.length > 0 ? below : 0) + margin, places }
}

/**
 * The line from a card down to one in the next level, as an SVG path. It never
 * runs behind other cards: from a line of a level that has more below it, and to
 * a later line, it goes through the gap beside the card. Lines of different
 * parents keep different lanes, between 0 and 1, where they share a gap.
 */
export function edge(from: Place, fromHeight: number, to: Place, lane = 0.5): string {
  const start: Point = [from.x + cardWidth / 2, from.y + fromHeight]
  const end: Point = [to.x + cardWidth / 2, to.y]
  const across = to.top - below * (1 - lane)
  const gap = (place: Place) => place.x - between * (1 - lane)
  const points = [start]
  if (from.lineEnd < from.end) {
    const turn = from.lineEnd + lineGap * lane
    points.push([start[0], turn], [gap(from), turn], [gap(from), across])
  } else points.push([start[0], across])
  if (to.y === to.top) points.push([end[0], across])
  else {
    const turn = to.y - lineGap * (1 - lane)
    points.push([gap(to), across], [gap(to), turn], [end[0], turn])
  }
  return path([...points, end])
}

type Point = [x: number, y: number]

/** A line through points at right angles, with round corners. */
function path(points: Point[]): string {
  const corners = points.filter((p, i) => i === 0 || p[0] !== points[i - 1]?.[0] || p[1] !== points[i - 1]?.[1])
  let d = ""
  for (const [i, [x, y]] of corners.entries()) {
    const before = corners[i - 1]
    const after = corners[i + 1]
    if (!before || !after) {
      d += `${before ? "L" : "M"}${x} ${y}`
      continue
    }
    const reach = (p: Point): Point => {
      const length = Math.hypot(p[0] - x, p[1] - y)
      const r = Math.min(6, length / 2) / length
      return [x + (p[0] - x) * r, y + (p[1] - y) * r]
    }
    const [inX, inY] = reach(before)
    const [outX, outY] = reach(after)
    d += `L${inX} ${inY}Q${x} ${y} ${outX} ${outY}`
  }
  return d
}

/** The smallest zoom that is chosen for the user: below it words cannot be read, and levels take several lines instead. */
const legible = 0.85

/** The zoom at which a drawing of a width fits into a room. */
export function fitting(width: number, room: number): number {
  return width === 0 || room === 0 ? 1 : Math.min(1, Math.max(legible, room / width))
}
