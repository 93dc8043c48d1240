"""A window over the whole screen that takes another colour with every frame; says `flickering` once it does."""

import warnings

import gi

warnings.simplefilter("ignore")

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk

window = Gtk.Window(title="Flicker")
window.set_decorated(False)
window.move(0, 0)
window.set_default_size(1280, 800)
state = {"count": 0}


def again(_widget, _clock):
    state["count"] += 1
    bright = state["count"] % 2
    window.override_background_color(Gtk.StateFlags.NORMAL, Gdk.RGBA(bright, (state["count"] % 7) / 7, 1 - bright, 1))
    if state["count"] == 30:
        print("flickering", flush=True)
    return True


window.add_tick_callback(again)
window.show_all()
Gtk.main()
