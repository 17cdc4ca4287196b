# SPDX-License-Identifier: MIT
# One request at a time: Rails begins its transactions on SQLite as readers, and
# two that then want to write at once are answered with 500 "database is locked"
# whatever the timeout (1 in 450, three clients writing).
require '/usr/share/redmine/config/environment'
use Rack::Lock
run Rails.application
