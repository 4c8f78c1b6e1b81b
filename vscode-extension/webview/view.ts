/** Zoom and movement of the drawing in its panel. */
import { fitting } from "../src/layout"

export interface Elements {
  /** What scrolls. */
  room: HTMLElement
  /** The drawing, which is scaled; its parent has the scaled size. */
  sheet: HTMLElement
  /** Where the zoom is said. */
  shown: HTMLElement
}

export class View {
  private width = 0
  private zoom = 1

  constructor(
    private readonly elements: Elements,
    /** What the user chose; undefined: what fits the panel. */
    private chosen: number | undefined,
    private readonly changed: (chosen: number | undefined) => void,
  ) {
    elements.room.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return
      event.preventDefault()
      this.zoomBy(event.deltaY < 0 ? 1.1 : 1 / 1.1)
    }, { passive: false })
    draggable(elements.room)
  }

  /** Gives the room that there is for a drawing which would be so wide, before any zoom. */
  roomFor(width: number): number {
    this.width = width
    this.zoom = this.chosen ?? fitting(width, this.elements.room.clientWidth)
    return this.elements.room.clientWidth / this.zoom
  }

  /** Takes the size of the drawing as it became. */
  resized(width: number, height: number): void {
    const { sheet, shown } = this.elements
    sheet.style.transform = `scale(${this.zoom})`
    const sized = sheet.parentElement
    if (sized) {
      sized.style.width = `${Math.floor(width * this.zoom)}px`
      sized.style.height = `${height * this.zoom}px`
    }
    shown.textContent = `${Math.round(this.zoom * 100)}%`
  }

  zoomTo(zoom: number | undefined): void {
    this.chosen = zoom === undefined ? undefined : Math.min(3, Math.max(0.3, zoom))
    this.changed(this.chosen)
  }

  zoomBy(factor: number): void {
    this.zoomTo((this.chosen ?? fitting(this.width, this.elements.room.clientWidth)) * factor)
  }
}

/** Lets the pointer move the drawing by its background. */
function draggable(room: HTMLElement): void {
  room.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || (down.target as HTMLElement).closest("[role=treeitem]")) return
    if (down.target === room && (down.offsetX > room.clientWidth || down.offsetY > room.clientHeight)) return // a scroll bar
    const from = { x: room.scrollLeft + down.clientX, y: room.scrollTop + down.clientY }
    const move = (event: PointerEvent) => { room.scrollTo(from.x - event.clientX, from.y - event.clientY) }
    const end = () => {
      room.classList.remove("moved")
      room.removeEventListener("pointermove", move)
    }
    room.setPointerCapture(down.pointerId)
    room.classList.add("moved")
    room.addEventListener("pointermove", move)
    room.addEventListener("pointerup", end, { once: true })
    room.addEventListener("pointercancel", end, { once: true })
  })
}
