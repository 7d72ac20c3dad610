"""How many segments a text takes as SMS: kept in the model, since the channel counts them as the draft does."""

from sentinel.model.sms import is_gsm7 as is_gsm7
from sentinel.model.sms import segments as segments
