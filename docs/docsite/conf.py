# Copyright (c) 2026, the kongops.fallback authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the documentation site: tools/docs.py puts the pages beside a copy of this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "kongops.fallback"
copyright = "2026, the kongops.fallback authors"
html_title = "kongops.fallback"

extensions = ["myst_parser", "sphinx_antsibull_ext", "ansible_links", "fact_links"]
exclude_patterns = ["reference/collections"]
root_doc = "index"
# The Markdown files are read on GitHub too, which makes an anchor of each heading.
myst_heading_anchors = 4
default_role = "any"
nitpicky = True
# Variables of an inventory plugin, of which Ansible's own pages or the plugin's tell all.
nitpick_ignore_regex = [("envvar", r"ANSIBLE_\w+|KONG_ADMIN_\w+")]
pygments_style = "ansible"
highlight_language = "none"

html_theme = "furo"
html_theme_options = {
    "source_repository": "https://github.com/kongops/kongops.fallback/",
    "source_branch": "main",
    "source_directory": "docs/",
}
html_static_path = ["static"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sphinx = False
